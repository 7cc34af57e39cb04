"""PDFs and datasets in an object store. Imported only where the storage is one."""

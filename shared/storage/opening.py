"""From the settings to the storage that they name."""

from __future__ import annotations

from shared.object_address import ObjectAddress
from shared.settings import CHECKOUT, Settings
from shared.storage.cache import FileCache
from shared.storage.datasets import DatasetFolder
from shared.storage.host import Scratch, of_storage, private_folder
from shared.storage.local import LocalStorage
from shared.storage.protocols import DatasetStorage, ReportStorage


def open_storage(settings: Settings) -> tuple[ReportStorage, DatasetStorage]:
    """The storage of the PDFs and that of the datasets. Nothing is asked of it yet.

    Raises:
        SettingsError: this host has no folder for what an object store needs.
    """
    address = settings.object_store
    if address is None:
        return LocalStorage(settings.storage_path), DatasetFolder(settings.dataset_path)
    return _open_objects(settings, address)


def _open_objects(settings: Settings, address: ObjectAddress) -> tuple[ReportStorage, DatasetStorage]:
    # imported here: whoever keeps files in folders neither loads nor needs it
    from shared.storage.objects.bucket import Bucket
    from shared.storage.objects.datasets import ObjectDatasets
    from shared.storage.objects.reports import ObjectStorage

    wanted = CHECKOUT / settings.cache_dir.expanduser() if settings.cache_dir else None
    private = private_folder(wanted, CHECKOUT / settings.data_dir / "objects")
    folder = of_storage(private, str(address))
    bucket, scratch = Bucket(address), Scratch(folder / "scratch")
    cache = FileCache(folder / "copies", settings.cache_bytes)
    return ObjectStorage(bucket, scratch, cache), ObjectDatasets(bucket, scratch, cache)

"""The blocks other than tables and charts, drawn at the cursor."""

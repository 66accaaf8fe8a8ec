"""Records as Parquet files, in a folder or in S3. `kind.py` is what others import: it is light."""

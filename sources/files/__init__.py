"""The kinds `file` and `s3`: events from JSON Lines, CSV and Parquet, each once."""

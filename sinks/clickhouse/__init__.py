"""Records in ClickHouse, each exactly once: `sink.py` tells how, `tables.py` what stands there."""

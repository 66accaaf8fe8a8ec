"""Delta Lake tables, in a folder or in S3: rows and positions in one commit."""

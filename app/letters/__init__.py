"""`headrace dead-letters`: records that were refused, mended and sent again."""

"""JSON Lines in a folder: the simplest record sink, exact by a checkpoint and a lock."""

"""What the data is: events, streams, batches, windows, dead letters. Pure, no I/O."""

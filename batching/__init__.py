"""What Headrace adds to Faust, each with its reason: batches, positions from the sink, live tables."""

"""What Headrace adds to Faust, each with its reason: batches, the sink's positions, live tables."""

"""The worker's web pages for people: what a worker knows, gathered from all, made into HTML."""

"""`headrace send`: events of a person's own to Kafka, judged before they go."""

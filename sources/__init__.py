"""Where events come from besides Kafka clients: exchanges, files. They know nothing of Kafka."""

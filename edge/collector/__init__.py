"""CMCD over HTTP, on its way to heartbeats in Kafka. What a line means says `edge.cmcd`."""

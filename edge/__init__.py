"""HTTP for clients: what they send is judged, and is in Kafka when they are told so."""

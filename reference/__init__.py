"""docs/reference/data.md: every event, topic, table, view and column, from the contracts and the database."""

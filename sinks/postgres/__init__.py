"""PostgreSQL: rows, window totals, dead letters and positions in one transaction."""

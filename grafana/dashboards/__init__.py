"""One module, one `.sql` and one generated `.json` for each dashboard."""

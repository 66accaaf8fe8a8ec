"""The processes of a run: started, watched, started again."""

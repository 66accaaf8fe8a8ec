"""Showing a run: drawn in a terminal, or line by line anywhere else."""

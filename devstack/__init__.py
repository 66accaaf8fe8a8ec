"""`headrace up`: everything on one machine, watched, and compared at the end."""

"""`headrace replay`: what was stored through the pipeline again, into another place or its own."""

"""What a running process tells about itself, and where tests may strike it."""

"""`python -m headrace` is the same as `headrace`."""

from app.cli import main

if __name__ == "__main__":
    main(prog_name="headrace")

"""SQL: migrations, and the code that runs them."""

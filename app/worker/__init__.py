"""A worker: how it is built (factory), what it shows of itself, and when it is well."""

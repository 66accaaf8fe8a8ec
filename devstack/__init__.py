"""Everything on one machine, for `headrace up`, tests and benchmarks. No worker needs any of it."""

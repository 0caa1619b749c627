"""Side-by-side benchmarks of ruvector and its peers: `python -m benchmarks`."""

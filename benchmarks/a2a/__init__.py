"""Clients of agents side by side: `python -m benchmarks.a2a`."""

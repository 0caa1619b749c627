"""Clocks and memory meters that run inside a worker."""

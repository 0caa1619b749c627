"""Embedding texts and images: ours beside the libraries that people use for it."""

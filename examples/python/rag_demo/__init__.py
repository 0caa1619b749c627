"""Retrieval over the documentation of Python itself: the parts of `make demo`."""

from rag_demo import vector_cache
from rag_demo.corpus import standard_library
from rag_demo.passage import Passage

__all__ = ["Passage", "standard_library", "vector_cache"]

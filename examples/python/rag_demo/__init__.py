"""Retrieval over the documentation of Python itself: the parts of `make demo`."""

from rag_demo import vector_cache
from rag_demo.corpus import standard_library
from rag_demo.encoder import Encoder
from rag_demo.passage import Passage

__all__ = ["Encoder", "Passage", "standard_library", "vector_cache"]

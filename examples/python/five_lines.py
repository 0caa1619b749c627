"""Retrieval in five lines: real passages, a real encoder, exact answers from one-bit codes."""

import ruvector
from rag_demo import Encoder, standard_library

encoder = Encoder.from_pretrained("all-MiniLM-L6-v2")
passages = [passage.text for passage in standard_library("datetime", "time")]
idx = ruvector.RabitqPlusIndex.build(encoder.embed_batch(passages))
for hit in idx.search(encoder.embed("how do I parse a date from a string"), k=5):
    print(f"{hit.score:.3f}  {passages[hit.id]}")

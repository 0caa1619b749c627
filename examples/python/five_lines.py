"""Retrieval in five lines: real texts, a real encoder, exact answers from one-bit codes."""

import shutil
import statistics

import ruvector

emb = ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2")  # downloaded once
texts = [doc for f in (*vars(shutil).values(), *vars(statistics).values()) if (doc := f.__doc__)]
idx = ruvector.RabitqPlusIndex.build(emb.embed_batch(texts))
for hit in idx.search(emb.embed("delete a whole directory tree", prompt="query"), k=3):
    print(f"{hit.score:.3f}  {texts[hit.id].splitlines()[0]}")

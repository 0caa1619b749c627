"""all-MiniLM-L6-v2: text to unit vectors, with nothing but NumPy behind it."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
from tokenizers import Tokenizer
from tqdm import tqdm

from rag_demo import safetensors
from rag_demo.model_files import MINILM, fetch
from rag_demo.transformer import DIM, Floats, Transformer

MAX_TOKENS = 256  # with [CLS] and [SEP]; of longer texts the beginning counts

# Padded tokens of one forward pass: enough for the matrix product, few enough that the widest
# activation (tokens x 1536 floats) stays in cache.
GROUP_TOKENS = 1024


class Encoder:
    """Turns texts into unit vectors of `dim` floats.

    Thread-safe: nothing changes after construction. A vector depends on its text alone, up to
    the rounding of the matrix library (about 1e-6).
    """

    dim = DIM

    def __init__(self, folder: Path) -> None:
        """Maps `model.safetensors` and reads `tokenizer.json` in `folder`.

        Throws FileNotFoundError, SafetensorsError (also for a weight that is missing).
        """
        if not (folder / "tokenizer.json").is_file():
            raise FileNotFoundError(f"{folder / 'tokenizer.json'}: no such file")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The file pads every text to 128 tokens and cuts it there; the model wants neither.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._blas = ThreadpoolController().select(user_api="blas")
        self._transformer = Transformer(safetensors.load(folder / "model.safetensors"))

    @classmethod
    def from_pretrained(cls, name: str = MINILM.name) -> "Encoder":
        """Opens a model by name; fetches it once and verifies its digests. Throws ModelError."""
        if name != MINILM.name:
            raise ValueError(f"model {name!r} is not known here, only {MINILM.name!r} is")
        return cls(fetch(MINILM))

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Returns the token ids of each text, at most MAX_TOKENS, with [CLS] and [SEP]."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def embed(self, text: str) -> Floats:
        """Returns the vector of one text, float32[dim]."""
        vector: Floats = self.embed_batch([text])[0]
        return vector

    def embed_batch(self, texts: Sequence[str], *, progress: bool = False) -> Floats:
        """Returns one row for each text, float32[n, dim]; `progress` shows a bar."""
        if isinstance(texts, str):
            raise TypeError("embed_batch takes a sequence of texts; for one text call embed")
        vectors = np.zeros((len(texts), DIM), dtype=np.float32)
        tokens = self.tokens(texts)
        groups = list(groups_by_length([len(ids) for ids in tokens]))
        # One matrix product per thread instead of all threads on one product: the rest of the
        # pass then runs in parallel too, and nobody spins while waiting.
        with (
            self._blas.limit(limits=1),
            tqdm(total=len(texts), unit=" texts", disable=not progress) as bar,
            ThreadPoolExecutor(min(8, cores())) as pool,
        ):
            futures = [pool.submit(self._group, tokens, group) for group in groups]
            try:
                for group, future in zip(groups, futures, strict=True):
                    vectors[group] = future.result()
                    bar.update(len(group))
            finally:  # after an error or Ctrl-C the rest is not worth waiting for
                pool.shutdown(wait=False, cancel_futures=True)
        return vectors

    def _group(self, tokens: Sequence[Sequence[int]], group: Sequence[int]) -> Floats:
        """Returns the vectors of the texts `group` points at; the shorter ones are padded."""
        lengths = np.array([len(tokens[i]) for i in group])
        valid = np.arange(lengths.max()) < lengths[:, None]
        ids = np.zeros(valid.shape, dtype=np.int64)
        ids[valid] = np.concatenate([np.asarray(tokens[i]) for i in group])
        hidden = self._transformer(ids, valid)
        hidden *= valid[:, :, None]
        mean = hidden.sum(axis=1) / lengths[:, None].astype(np.float32)
        # [CLS] and [SEP] are always there, so neither a length nor a norm is zero.
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)


def groups_by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yields the positions of `lengths` in groups of similar length, longest first.

    Neighbours in length need little padding; the longest first, so that no long group runs alone
    at the end.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    begin = 0
    while begin < len(order):
        size = max(1, GROUP_TOKENS // lengths[order[begin]])
        yield order[begin : begin + size]
        begin += size


def cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

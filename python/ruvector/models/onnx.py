"""Sentence encoders that come as ONNX, run by onnxruntime: the extra ``text``.

A text's vector does not depend on where it stands or on its neighbours beyond the last bits of
float32, which matrix products of another shape may round otherwise. Models that quantise what
they compute while they run ("dynamic" int8) take one scale for a whole batch; theirs are run text
by text, so that the same holds for them.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ruvector._native import Model, ModelFile, find_model, num_threads
from ruvector._progress import ProgressBar
from ruvector._typing import Progress
from ruvector.errors import EmbedError, MissingExtra, ModelNotFound, RuVectorError
from ruvector.models._recipe import Recipe, onnx_files, read_recipe
from ruvector.models._session import (
    chosen_output,
    first_line,
    input_types,
    is_dynamic,
    open_session,
    open_tokenizer,
)

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers

__all__ = ["OnnxEmbedder", "open_onnx"]

Floats = NDArray[np.float32]

# Padded tokens of one run: more make it slower, for the values no longer fit the caches.
_TOKENS_PER_RUN = 2048
# Of these at most this share is padding.
_MOST_PADDING = 0.1


class OnnxEmbedder:
    """A sentence encoder in onnxruntime, with the methods that ``Embedder`` wants of its engine.

    Thread-safe. A number of ``threads`` that differs from the last ones opens the model again.
    """

    precision: Literal["float32"] = "float32"

    def __init__(self, name: str, model: Path, tokenizer: Path, recipe: Recipe) -> None:
        _require_extra()
        self.name = name
        self.max_tokens: int = recipe.max_tokens
        self._recipe = recipe
        self._files = (model, tokenizer)
        self._lock = threading.Lock()
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}
        self._tokenizer = open_tokenizer(tokenizer, recipe.max_tokens)
        self._text_by_text = is_dynamic(model)
        session = self._session(None)
        self._inputs = input_types(session, model)
        self._output, self._is_pooled = chosen_output(session, model)
        self.dim: int = self._run(self._tokens(["a"]), session).shape[1]

    # --- what Embedder calls

    def embed(self, text: str, *, prompt: str | None = None, threads: int | None = None) -> Floats:
        """One vector."""
        vector: Floats = self.embed_batch([text], prompt=prompt, threads=threads)[0]
        return vector

    def embed_batch(
        self,
        texts: Sequence[str],
        *,
        batch_size: int | None = None,
        prompt: str | None = None,
        progress: Progress = None,
        threads: int | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Floats:
        """A row for each text; ``batch_size`` bounds the texts of one run."""
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}, not 1 or more")
        prefix, session = self._prefix(prompt), self._session(threads)
        for position, text in enumerate(texts):
            _require_text(text, position)
        # Identical texts are embedded once.
        places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        tokens = self._tokens([prefix + text for text in places])
        rows = np.empty((len(places), self.dim), np.float32)
        with _Reporter(progress, len(texts)) as report:
            done = 0
            for run in self._runs([len(one.ids) for one in tokens], batch_size):
                if cancelled():
                    raise asyncio.CancelledError
                rows[run] = self._run([tokens[place] for place in run], session)
                done += len(run)
                report(done * len(texts) // len(places))
        return rows[[places[text] for text in texts]] if len(places) < len(texts) else rows

    async def embed_async(
        self, text: str, *, prompt: str | None = None, threads: int | None = None
    ) -> Floats:
        """``embed`` on a thread of the loop's executor."""
        vector: Floats = (await self.embed_batch_async([text], prompt=prompt, threads=threads))[0]
        return vector

    async def embed_batch_async(
        self, texts: Sequence[str], *, prompt: str | None = None, threads: int | None = None
    ) -> Floats:
        """``embed_batch`` on a thread of the loop's executor; ends soon after it is cancelled."""
        stop = threading.Event()

        def work() -> Floats:
            return self.embed_batch(texts, prompt=prompt, threads=threads, cancelled=stop.is_set)

        try:
            return await asyncio.get_running_loop().run_in_executor(None, work)
        finally:
            stop.set()

    def tokenize(self, text: str, *, prompt: str | None = None) -> list[int]:
        """The ids that the model sees."""
        _require_text(text, 0)
        ids: list[int] = self._tokens([self._prefix(prompt) + text])[0].ids
        return ids

    @property
    def recipe_digest(self) -> str:
        """The files are read for it, once."""
        with self._lock:
            if not hasattr(self, "_digest"):
                model, tokenizer = self._files
                self._digest = _model_of(
                    self.name, [_pinned("model.onnx", model), _pinned("tokenizer.json", tokenizer)],
                    self._recipe,
                ).recipe_digest()  # fmt: skip
            return self._digest

    @property
    def memory_bytes(self) -> int:
        """The weights, for each number of threads that was asked for."""
        return self._files[0].stat().st_size * len(self._sessions)

    # --- how it is done

    def _prefix(self, prompt: str | None) -> str:
        if prompt not in (None, "query"):
            raise ValueError(f"prompt: {prompt!r} is neither None nor 'query'")
        return self._recipe.query_prefix if prompt == "query" else ""

    def _session(self, threads: int | None) -> onnxruntime.InferenceSession:
        wanted = min(num_threads(), 8) if threads is None else threads
        if not isinstance(wanted, int) or not 1 <= wanted <= 1024:
            raise ValueError(f"threads is {wanted}, not in 1..1024")
        with self._lock:
            if wanted not in self._sessions:
                self._sessions[wanted] = open_session(self._files[0], wanted)
            return self._sessions[wanted]

    def _tokens(self, texts: list[str]) -> list[tokenizers.Encoding]:
        return self._tokenizer.encode_batch(texts)

    def _runs(self, lengths: list[int], batch_size: int | None) -> Iterator[list[int]]:
        """Places of texts of about the same length, that make up the tokens of one run."""
        limit = 1 if self._text_by_text else batch_size or len(lengths)
        run: list[int] = []
        total = 0
        # The longest first: what does not fit into memory fails at once.
        for place in sorted(range(len(lengths)), key=lambda place: (-lengths[place], place)):
            if run:
                padded = lengths[run[0]] * (len(run) + 1)
                waste = padded - total - lengths[place]
                if len(run) == limit or padded > _TOKENS_PER_RUN or waste > _MOST_PADDING * padded:
                    yield run
                    run, total = [], 0
            run.append(place)
            total += lengths[place]
        if run:
            yield run

    def _run(
        self, tokens: list[tokenizers.Encoding], session: onnxruntime.InferenceSession
    ) -> Floats:
        length = max(len(one.ids) for one in tokens)
        feed = {}
        for name, dtype in self._inputs.items():
            values = np.zeros((len(tokens), length), dtype)
            for row, one in zip(values, tokens, strict=True):
                row[: len(one.ids)] = _column(name, one)
            feed[name] = values
        try:
            (output,) = session.run([self._output], feed)
        except Exception as error:  # of no documented kind
            raise EmbedError(f"{self._files[0]}: {first_line(error)}") from error
        mask = np.zeros((len(tokens), length), np.float32)
        for row, one in zip(mask, tokens, strict=True):
            row[: len(one.ids)] = one.attention_mask
        return self._pooled(np.asarray(output, np.float32), mask)

    def _pooled(self, output: Floats, mask: Floats) -> Floats:
        if self._is_pooled:
            vectors = output
        elif self._recipe.pooling == "cls":
            vectors = output[:, 0]
        else:
            counts = np.maximum(mask.sum(axis=1, keepdims=True), 1e-9)
            vectors = (output * mask[:, :, np.newaxis]).sum(axis=1) / counts
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        scaled: Floats = vectors / np.maximum(norms, np.float32(1e-12))
        return scaled


# --- opening


def open_onnx(
    name: str, *, precision: str = "float32", revision: str | None = None, progress: Progress = None
) -> OnnxEmbedder:
    """Open a known model, a local directory or a repository of the hub, in that order.

    Raises MissingExtra, ModelNotFound, ModelDigestMismatch, EmbedError; ValueError for a precision.
    """
    if precision != "float32":
        raise ValueError(f"precision: {precision!r} is not for ONNX, whose files have their own")
    known = find_model(name)
    if known is None and Path(name).is_dir():
        return _open_directory(name, Path(name), read_recipe(Path(name)))
    _require_known_or_repository(name, known)
    _require_extra()
    from ruvector.models._hub import known_onnx, repository_onnx
    from ruvector.models._pull import pull

    if known is not None and revision in (None, known.revision):
        model = known_onnx(known)
        prefix = known.query_prefix
        recipe = Recipe(known.max_tokens, known.pooling, prefix)
        return _open_directory(known.name, pull(model, progress), recipe)
    repository = name if known is None else known.repository
    directory = pull(repository_onnx(repository, revision or "main"), progress)
    return _open_directory(name, directory, read_recipe(directory))


def _require_known_or_repository(name: str, known: Model | None) -> None:
    if known is not None and not known.is_text:
        raise EmbedError(f"model '{known.name}' takes images: it has no encoder of texts as ONNX")
    parts = name.split("/")
    if known is None and (len(parts) != 2 or not all(_is_plain(part) for part in parts)):
        raise ModelNotFound(
            f"'{name}' is neither a known model, nor a directory, nor a repository of the hub, "
            "such as 'intfloat/e5-small-v2'"
        )


def _is_plain(part: str) -> bool:
    allowed = part.replace("-", "").replace("_", "").replace(".", "")
    return allowed.isascii() and allowed.isalnum() and not part.startswith(".") and len(part) <= 96


def _open_directory(name: str, directory: Path, recipe: Recipe) -> OnnxEmbedder:
    candidates = onnx_files(directory)
    model = next((path for path in candidates if path.is_file()), None)
    tokenizer = directory / "tokenizer.json"
    for path, found in ((candidates[0], model is not None), (tokenizer, tokenizer.is_file())):
        if not found:
            raise ModelNotFound(f"{path} is missing: an ONNX encoder needs it")
    assert model is not None
    return OnnxEmbedder(name, model, tokenizer, recipe)


def _require_extra() -> None:
    for package in ("onnxruntime", "tokenizers"):
        try:
            __import__(package)
        except ImportError as error:
            raise MissingExtra("an ONNX encoder", package=package, extra="text") from error


# --- small things


class _Reporter:
    """Tells how far a call is; a callable that returns False ends it."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._total = total
        self._bar = ProgressBar("embed") if progress is True else None
        self._function = self._bar if self._bar else progress if callable(progress) else None

    def __enter__(self) -> _Reporter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, done: int) -> None:
        if self._function is not None and self._function(done, self._total) is False:
            raise RuVectorError(f"embed cancelled at {done} of {self._total}")


def _require_text(text: object, position: int) -> None:
    if not isinstance(text, str):
        raise TypeError(f"text {position} is {type(text).__name__}, not str")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"text {position} has a lone surrogate at {error.start}") from None


def _column(name: str, tokens: tokenizers.Encoding) -> list[int]:
    if name == "input_ids":
        return tokens.ids
    return tokens.attention_mask if name == "attention_mask" else tokens.type_ids


def _pinned(name: str, path: Path) -> ModelFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ModelFile(name, size=path.stat().st_size, sha256=digest)


def _model_of(name: str, files: list[ModelFile], recipe: Recipe) -> Model:
    return Model(
        name,
        repository="",
        revision="",
        files=files,
        max_tokens=recipe.max_tokens,
        pooling=recipe.pooling,
        query_prefix=recipe.query_prefix,
    )

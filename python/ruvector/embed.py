"""Embeddings: texts and images to vectors, by encoders that run in the library's own kernels."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from ruvector._native import NativeEmbedder
from ruvector._typing import Progress
from ruvector.errors import ModelNotFound

if TYPE_CHECKING:
    from ruvector.images import Image, Images
    from ruvector.models.onnx import OnnxEmbedder

__all__ = ["Embedder", "Precision", "Prompt"]

Floats: TypeAlias = NDArray[np.float32]
Precision: TypeAlias = Literal["float32", "int16", "int8"]
# "query" puts the model's query prefix, if it has one, before a text.
Prompt: TypeAlias = Literal["query"] | None


class Embedder:
    """Turns texts or images into vectors of length 1; make one by ``from_pretrained``.

    A vector depends on its text or image, the model and the precision alone: not on the batch it
    came in, its place there, the number of threads or the processor, bit for bit.

    Thread-safe: any number of threads may embed at once. All calls let other Python threads run.
    It pickles by its name, not its weights.

    >>> import ruvector
    >>> emb = ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2")
    >>> emb.embed("hello world").shape
    (384,)
    """

    __slots__ = ("__weakref__", "_engine", "_origin")

    _engine: NativeEmbedder | OnnxEmbedder
    _origin: dict[str, Any]  # what from_pretrained was called with

    def __init__(self) -> None:
        raise TypeError("Embedder: make one by Embedder.from_pretrained(name)")

    @classmethod
    def from_pretrained(
        cls,
        name: str | os.PathLike[str],
        *,
        precision: Precision = "float32",
        backend: Literal["onnx"] | None = None,
        revision: str | None = None,
        progress: Progress = None,
    ) -> Embedder:
        """Open a model; the first time its files are downloaded, after that no network is used.

        Args:
            name: ``"all-MiniLM-L6-v2"``, ``"bge-small-en-v1.5"`` or ``"mobilenetv3-small"``; the
                name of another sentence encoder on the Hugging Face hub that comes as ONNX; or a
                directory with ``model.safetensors``, ``tokenizer.json`` and ``config.json``, or
                with ``model.onnx`` and ``tokenizer.json``.
            precision: What the weights are multiplied in. ``"int16"`` is about twice as fast as
                ``"float32"``, ``"int8"`` about four times, at the cost of a few bits of the
                vectors; see the guide.
            backend: ``"onnx"``: onnxruntime in place of the library's own kernels. It and
                encoders that come as ONNX need ``pip install ruvector[text]``.
            revision: Of a model on the hub; those known by name are pinned to theirs.
            progress: Of the download. True: a tqdm bar; a callable gets (bytes done, bytes in
                all) and cancels by returning False. Default: a bar if this is a terminal.

        Raises:
            ModelNotFound: there is no such model, or it is not here and cannot be had.
            ModelDigestMismatch: a file has other bytes than the pinned ones.
            MissingExtra: a package is needed that is not installed; the message says which.
            EmbedError: a file of the model cannot be used.
            ValueError: the model has no such precision, or an argument is outside its range.
        """
        if backend not in (None, "onnx"):
            raise ValueError(f"backend: {backend!r} is neither None nor 'onnx'")
        # A directory keeps its meaning wherever the process, or one that unpickles, goes.
        where = os.path.abspath(name) if isinstance(name, os.PathLike) else name
        self = cls.__new__(cls)
        self._origin = {
            "name": where,
            "precision": precision,
            "backend": backend,
            "revision": revision,
        }
        self._engine = _opened(where, precision, backend, revision, progress)
        return self

    # --- texts

    def embed(self, text: str, *, prompt: Prompt = None, threads: int | None = None) -> Floats:
        """Embed one text.

        Args:
            text: Of a longer one than ``max_tokens`` the beginning counts.
            prompt: ``"query"`` for what is searched with, None for what is searched: some models
                want another beginning for each.
            threads: How many threads may work. Default ``ruvector.num_threads()``.

        Returns:
            The vector, float32 (dim).

        Raises:
            EmbedError: the model takes images.
            TypeError, ValueError: it is no text, or one with a lone surrogate.
        """
        if isinstance(text, list | tuple):
            raise TypeError(f"text is {type(text).__name__}, not str; for many call embed_batch")
        return self._engine.embed(text, prompt=prompt, threads=threads)

    def embed_batch(
        self,
        texts: Iterable[str],
        *,
        batch_size: int | None = None,
        prompt: Prompt = None,
        progress: Progress = None,
        threads: int | None = None,
    ) -> Floats:
        """Embed many texts; each gets the vector that ``embed`` gives it, bit for bit.

        Args:
            texts: Any sequence or iterable of str, also an array or a column of text.
            batch_size: At most so many texts are in work at once. Default all of them, which is
                fastest: groups of equal cost are made inside, and no text is padded.
            prompt: As in ``embed``.
            progress: True: a tqdm bar; a callable gets (done, total) and cancels by returning
                False.
            threads: As in ``embed``.

        Returns:
            A row for each text, float32 (n, dim); without texts (0, dim).

        Raises:
            EmbedError: the model takes images.
            TypeError, ValueError: a text is none, or has a lone surrogate; its position is named.

        >>> import ruvector
        >>> emb = ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2")
        >>> emb.embed_batch(["one text", "another text"]).shape
        (2, 384)
        """
        return self._engine.embed_batch(
            _many(texts), batch_size=batch_size, prompt=prompt, progress=progress, threads=threads
        )

    def embed_async(
        self, text: str, *, prompt: Prompt = None, threads: int | None = None
    ) -> Coroutine[Any, Any, Floats]:
        """``embed`` for coroutines: the work is done by the library's threads.

        Cancelling the task ends the work.
        """
        return self._engine.embed_async(text, prompt=prompt, threads=threads)

    def embed_batch_async(
        self, texts: Iterable[str], *, prompt: Prompt = None, threads: int | None = None
    ) -> Coroutine[Any, Any, Floats]:
        """``embed_batch`` for coroutines; see ``embed_async``."""
        return self._engine.embed_batch_async(_many(texts), prompt=prompt, threads=threads)

    def tokenize(self, text: str, *, prompt: Prompt = None) -> list[int]:
        """The ids of the word pieces that the encoder sees, [CLS] and [SEP] included."""
        return self._engine.tokenize(text, prompt=prompt)

    # --- images

    def embed_image(self, image: Image, *, threads: int | None = None) -> Floats:
        """Embed one image.

        Args:
            image: A C-contiguous array (height, width, 3) of uint8, red green blue, of any size; a
                ``PIL.Image``; or the path of a file, which needs ``pip install ruvector[image]``.
                Pictures and files are turned as their EXIF data say, and what is transparent
                becomes white; of an array the pixels are taken as they are.
            threads: As in ``embed``.

        Returns:
            The vector, float32 (dim).

        Raises:
            EmbedError: the model takes texts, or a file is no image.
            MissingExtra: a path, and Pillow is not installed.
            TypeError: an array of another dtype, or strided; the message names the conversion.
            ValueError: an array of another shape, without pixels or above the limits.

        >>> import numpy as np, ruvector
        >>> emb = ruvector.Embedder.from_pretrained("mobilenetv3-small")  # doctest: +SKIP
        >>> emb.embed_image(np.zeros((480, 640, 3), np.uint8)).shape  # doctest: +SKIP
        (576,)
        """
        from ruvector.images import pixels

        return self._images().embed_image(pixels(image), threads=threads)

    def embed_images(
        self, images: Images, *, progress: Progress = None, threads: int | None = None
    ) -> Floats:
        """Embed many images; each gets the vector that ``embed_image`` gives it, bit for bit.

        Args:
            images: A sequence or iterable of what ``embed_image`` takes, of any sizes, or one array
                (n, height, width, 3).
            progress: As in ``embed_batch``.
            threads: As in ``embed``.

        Returns:
            A row for each image, float32 (n, dim).
        """
        from ruvector.images import all_pixels

        return self._images().embed_images(all_pixels(images), progress=progress, threads=threads)

    def embed_image_async(
        self, image: Image, *, threads: int | None = None
    ) -> Coroutine[Any, Any, Floats]:
        """``embed_image`` for coroutines.

        The pixels of an array must not change before the end. Files and Pillow's images are
        decoded on a thread of the loop's executor, arrays need none.
        """
        from ruvector.images import decoded, needs_decoding

        if not needs_decoding(image):
            pixels = cast("NDArray[np.uint8]", image)
            return self._images().embed_image_async(pixels, threads=threads)

        async def decode_and_embed() -> Floats:
            return await self._images().embed_image_async(await decoded(image), threads=threads)

        return decode_and_embed()

    def embed_images_async(
        self, images: Images, *, threads: int | None = None
    ) -> Coroutine[Any, Any, Floats]:
        """``embed_images`` for coroutines; see ``embed_image_async``."""
        from ruvector.images import all_decoded, any_needs_decoding, as_images

        kept = as_images(images)
        if not any_needs_decoding(kept):
            return self._images().embed_images_async(kept, threads=threads)

        async def decode_and_embed() -> Floats:
            pixels = await all_decoded(kept)
            return await self._images().embed_images_async(pixels, threads=threads)

        return decode_and_embed()

    # --- what it is

    @property
    def name(self) -> str:
        """Name of the model, or its directory."""
        return self._engine.name

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""
        return self._engine.dim

    @property
    def precision(self) -> Precision:
        """What the weights are multiplied in."""
        return self._engine.precision

    @property
    def max_tokens(self) -> int | None:
        """How many word pieces of a text count, with [CLS] and [SEP]; None of an image model."""
        return self._engine.max_tokens

    @property
    def recipe_digest(self) -> str:
        """Which encoder it is, 64 hexadecimal digits; equal: the vectors may be compared.

        ``RuLake.builder().encoder(emb)`` puts it into a lake's bundles. Precision is no part of it.
        """
        return self._engine.recipe_digest

    @property
    def memory_bytes(self) -> int:
        """Bytes of memory that it takes; what is mapped from files is not counted."""
        return self._engine.memory_bytes

    def __repr__(self) -> str:
        shown = f"Embedder({self.name!r}, dim={self.dim}, precision={self.precision!r}"
        return shown + (", backend='onnx')" if self._origin["backend"] == "onnx" else ")")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._origin)

    def _images(self) -> NativeEmbedder:
        """The engine, when images are to be embedded: onnxruntime serves texts alone."""
        if not isinstance(self._engine, NativeEmbedder):
            from ruvector.errors import EmbedError

            raise EmbedError(f"model {self.name!r} takes texts, not images")
        return self._engine


def _restore(cls: type[Embedder], origin: dict[str, Any]) -> Embedder:
    return cls.from_pretrained(**origin)


def _opened(
    name: str, precision: Precision, backend: str | None, revision: str | None, progress: Progress
) -> NativeEmbedder | OnnxEmbedder:
    """The engine for a model, whose files are fetched when they are not there."""
    if backend is None and revision is None:
        try:
            return NativeEmbedder.from_pretrained(name, precision=precision)
        except ModelNotFound:
            pass  # not here yet, or none of ours
    from ruvector import models

    return models.open_model(
        name, precision=precision, backend=backend, revision=revision, progress=progress
    )


def _many(texts: Iterable[str]) -> tuple[str, ...] | list[str]:
    """The texts as a sequence. A column of Arrow gives its own scalars when it is iterated."""
    if isinstance(texts, str | bytes):
        raise TypeError("texts: expected many texts, got one; for one call embed")
    to_pylist = getattr(texts, "to_pylist", None)
    if to_pylist is not None:
        return cast("list[str]", to_pylist())
    return texts if isinstance(texts, list | tuple) else tuple(texts)

"""Models by name: which are known, where their files lie, and how they come here.

The files lie in ``~/.cache/ruvector/models/NAME/REVISION``; ``RUVECTOR_CACHE`` moves the cache.
Files that the caches of Hugging Face or torch hold are used where they are. ``ruvector models``
does the same from the command line. What the environment says is in
``ruvector.models._settings``.

>>> from ruvector import models
>>> [model.name for model in models.known_models()]
['all-MiniLM-L6-v2', 'bge-small-en-v1.5', 'mobilenetv3-small']
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ruvector._native import Model, ModelFile, find_model, find_model_files, known_models
from ruvector._typing import Progress
from ruvector.errors import ModelNotFound
from ruvector.models._pull import pull
from ruvector.models._recipe import has_onnx

if TYPE_CHECKING:
    from ruvector._native import NativeEmbedder
    from ruvector.models.onnx import OnnxEmbedder

__all__ = [
    "Model",
    "ModelFile",
    "find_model",
    "find_model_files",
    "known_models",
    "open_model",
    "pull",
    "pull_model",
]


def pull_model(name: str, progress: Progress = None) -> Path:
    """Download what is missing of a known model; gives the directory of its files.

    Args:
        name: Or an alias of it.
        progress: True: a tqdm bar; a callable gets (bytes done, bytes in all) and cancels by
            returning False. Default: a bar if this is a terminal.

    Raises:
        ModelNotFound: no model is called so, or it cannot be had; lists what is missing.
        ModelDigestMismatch: a file has other bytes than the pinned ones; it is gone.
    """
    return pull(known(name), progress)


def known(name: str) -> Model:
    """The known model of that name or alias. Raises ModelNotFound."""
    model = find_model(name)
    if model is None:
        names = ", ".join(f"'{model.name}'" for model in known_models())
        raise ModelNotFound(f"no model '{name}' is known; known are {names}")
    return model


def open_model(
    name: str,
    *,
    precision: str = "float32",
    backend: str | None = None,
    revision: str | None = None,
    progress: Progress = None,
) -> NativeEmbedder | OnnxEmbedder:
    """What ``Embedder.from_pretrained`` does when a model is not simply there."""
    from ruvector._native import NativeEmbedder

    model = find_model(name)  # comes before a directory that is called so
    if model is not None and backend is None:
        if revision not in (None, model.revision):
            raise ModelNotFound(
                f"model '{model.name}' is pinned to revision {model.revision}, not {revision}; "
                "backend='onnx' takes any"
            )
        pull(model, progress)
        return NativeEmbedder.from_pretrained(name, precision=precision)
    if model is None and backend is None and Path(name).is_dir() and not has_onnx(Path(name)):
        return NativeEmbedder.from_pretrained(name, precision=precision)
    from ruvector.models.onnx import open_onnx

    return open_onnx(name, precision=precision, revision=revision, progress=progress)

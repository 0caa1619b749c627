"""A document, and what is asked of one that comes in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAX_METADATA_DEPTH = 64
_PLAIN = frozenset({str, int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Document:
    """A text, or what stands for something else, with what is known of it."""

    id: str
    """What it is called by."""
    text: str
    """The text itself."""
    metadata: dict[str, Any] = field(default_factory=dict, hash=False)
    """JSON: objects with string keys, lists, strings, finite numbers, booleans and None."""


@dataclass(frozen=True, slots=True)
class DocumentHit:
    """One found document."""

    document: Document
    """A copy of it."""
    score: float
    """Its vector's distance to the query under the store's metric: smaller is nearer."""
    vector: NDArray[np.float32] | None = field(default=None, compare=False)
    """Its vector, float32 (dim), when the search was asked for vectors."""


def copy_of(document: Document) -> Document:
    """A document that shares nothing that can be changed."""
    return Document(document.id, document.text, _copied(document.metadata))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_copied(one) for one in value]
    return value


def as_ids(ids: Iterable[str]) -> list[str]:
    """The ids as a list; one string is a mistake."""
    if isinstance(ids, str):
        raise TypeError(f"ids: expected many ids, got the one string {ids!r}")
    return list(ids)


def checked_documents(
    ids: Sequence[str],
    texts: Sequence[str],
    metadatas: Sequence[Mapping[str, Any] | None] | None,
) -> list[Document]:
    """The documents, checked and copied."""
    wanted = as_ids(ids)
    metadatas = [None] * len(wanted) if metadatas is None else metadatas
    for name, values in (("texts", texts), ("metadatas", metadatas)):
        if len(values) != len(wanted):
            raise ValueError(f"{len(wanted)} ids, but {len(values)} {name}")
    seen: dict[str, Document] = {}
    for id, text, metadata in zip(wanted, texts, metadatas, strict=True):
        if not isinstance(id, str):
            raise TypeError(f"ids: {id!r} is {type(id).__name__}, not str")
        if id in seen:
            raise ValueError(f"ids: {id!r} is given twice")
        if not isinstance(text, str):
            raise TypeError(f"texts: that of {id!r} is {type(text).__name__}, not str")
        seen[id] = Document(id, text, checked_metadata({} if metadata is None else metadata, id))
    return list(seen.values())


def checked_metadata(metadata: Any, id: str) -> dict[str, Any]:
    """A copy of the metadata, which are JSON and come back from a file as they went in."""
    if not isinstance(metadata, Mapping):
        raise TypeError(f"metadata of {id!r}: {type(metadata).__name__} is no mapping")
    copied: dict[str, Any] = _checked_value(metadata, f"metadata of {id!r}", 0)
    return copied


def _checked_value(value: Any, name: str, depth: int) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{name}: {value} is not finite")
        return value
    if depth >= _MAX_METADATA_DEPTH:
        raise ValueError(f"{name}: nested deeper than the limit of {_MAX_METADATA_DEPTH}")
    # Names are for errors: making them for every plain value would be most of the work.
    if isinstance(value, list):
        return [
            one if type(one) in _PLAIN else _checked_value(one, f"{name}[{i}]", depth + 1)
            for i, one in enumerate(value)
        ]
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{name}: key {key!r} is {type(key).__name__}, not str")
        return {
            key: one if type(one) in _PLAIN else _checked_value(one, f"{name}[{key!r}]", depth + 1)
            for key, one in value.items()
        }
    raise TypeError(
        f"{name}: {type(value).__name__} is none of dict, list, str, int, float, bool and None"
    )

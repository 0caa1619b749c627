"""What the environment says about downloads.

``HF_ENDPOINT``, ``HF_TOKEN``, ``HF_HUB_OFFLINE``, ``TRANSFORMERS_OFFLINE``,
``HF_HUB_DOWNLOAD_TIMEOUT`` and ``HF_HUB_ETAG_TIMEOUT`` mean what they mean to huggingface_hub.
``RUVECTOR_MIRRORS`` lists further places, apart by white space or commas, tried in order after the
first one. A mirror is a URL with some of ``{path}``, ``{repo}``, ``{revision}``, ``{file}`` and
``{sha256}``, or the beginning of one, to which ``/{path}`` is added. ``{path}`` is
``{repo}/resolve/{revision}/{file}`` for a file of the hub, and the path of the URL for one that is
elsewhere. Whatever a mirror sends, only the pinned bytes are kept.
"""

from __future__ import annotations

import os
import re
import string
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ruvector._native import Model, ModelFile
from ruvector.errors import EmbedError

_HUB = "https://huggingface.co"
_YES = {"1", "ON", "YES", "TRUE"}
_PLACES = {"path", "repo", "revision", "file", "sha256"}


@dataclass(frozen=True, slots=True)
class Source:
    """A URL that a file may be had from, and the token for its host."""

    url: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect or for a head, and for the next bytes of a body."""

    connect: float
    read: float


def offline() -> str | None:
    """The variable that forbids the network, None when it is allowed."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(name, "").upper() in _YES:
            return name
    return None


def timeouts() -> Timeouts:
    """As long as huggingface_hub waits."""
    return Timeouts(_seconds("HF_HUB_ETAG_TIMEOUT"), _seconds("HF_HUB_DOWNLOAD_TIMEOUT"))


def _seconds(name: str) -> float:
    text = os.environ.get(name) or "10"
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) or float(text) == 0:
        raise EmbedError(f"{name}: {text!r} is no number of seconds above 0")
    return float(text)


def endpoint() -> str:
    """The hub's address, without a slash at its end."""
    return (os.environ.get("HF_ENDPOINT") or _HUB).rstrip("/")


def token() -> str | None:
    """What the hub is shown, for models that are not public."""
    return os.environ.get("HF_TOKEN", "").strip() or None


def repository_path(repository: str, revision: str, name: str) -> str:
    """The path of a file below the hub's address."""
    return f"{quote(repository)}/resolve/{quote(revision, safe='')}/{quote(name)}"


def sources(model: Model, file: ModelFile) -> list[Source]:
    """Where a file may be had, in the order to try. Raises EmbedError for a wrong mirror."""
    if model.repository:
        path = repository_path(model.repository, model.revision, file.name)
        first = Source(f"{endpoint()}/{path}", token())
    else:
        path = urlsplit(file.url).path.lstrip("/")
        first = Source(file.url)
    values = {"path": path, "sha256": file.sha256}
    if model.repository:
        values |= {
            "repo": quote(model.repository),
            "revision": model.revision,
            "file": quote(file.name),
        }
    mirrors = re.split(r"[\s,]+", os.environ.get("RUVECTOR_MIRRORS", "").strip())
    filled = [_filled(mirror, values) for mirror in mirrors if mirror]
    return [first, *(Source(url) for url in filled if url is not None)]


def _filled(mirror: str, values: dict[str, str]) -> str | None:
    """The URL at a mirror, None for one that has repositories only when this is in none."""
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(mirror) if name is not None}
    except ValueError as error:
        raise EmbedError(f"RUVECTOR_MIRRORS: {mirror!r}: {error}") from error
    if not mirror.startswith(("http://", "https://")) or not named <= _PLACES:
        raise EmbedError(
            f"RUVECTOR_MIRRORS: {mirror!r} is no URL of http or https with no other places than "
            + ", ".join(f"{{{place}}}" for place in sorted(_PLACES))
        )
    if not named:
        return f"{mirror.rstrip('/')}/{values['path']}"
    return mirror.format_map(values) if named <= values.keys() else None

"""What the stores raise."""

from __future__ import annotations

from collections.abc import Iterable

from ruvector.errors import BackendError, UnknownCollection


def backend_error(backend: str, reason: object) -> BackendError:
    return BackendError(f"backend '{backend}': {reason}", backend=backend)


def unknown_collection(backend: str, collection: str) -> UnknownCollection:
    return UnknownCollection(f"backend '{backend}' has no collection '{collection}'")


def missing_extra(needed_by: str, package: str, extra: str) -> ImportError:
    message = f"{needed_by} needs the package {package}: pip install ruvector[{extra}]"
    return ImportError(message, name=package)


def require_name(value: object, what: str) -> str:
    """Refuse what is no text, or an empty one."""
    if not isinstance(value, str):
        raise TypeError(f"{what}: expected a str, got {type(value).__name__}")
    if not value:
        raise ValueError(f"{what}: is empty")
    return value


def one_line(names: Iterable[str], limit: int = 20) -> str:
    """Some names for a message."""
    listed = list(names)
    shown = ", ".join(f"'{name}'" for name in listed[:limit])
    return shown + (", ..." if len(listed) > limit else "")

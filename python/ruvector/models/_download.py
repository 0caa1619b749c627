"""Downloads a file whose bytes are known beforehand.

pooch does the requests. What it does not do is done around it: going on after an interruption, in
the same process or the next, waiting before another attempt, and other sources.
"""

from __future__ import annotations

import errno
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruvector._native import ModelFile, __version__
from ruvector.errors import EmbedError, ModelDigestMismatch
from ruvector.models._part import PartFile, TooLong, require_space
from ruvector.models._settings import Source, Timeouts, timeouts

if TYPE_CHECKING:
    import requests

# Attempts in a row that bring no byte further than before.
_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_CHUNK_BYTES = 1 << 16
# What another attempt may mend: time-outs, too many requests, and the server's own trouble.
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}


class _Failed(Exception):
    """A source that does not have the bytes; another one may."""


class _Interrupted(Exception):
    """An attempt that may be repeated, not before `pause` seconds."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class DownloadFailed(EmbedError):
    """No source gave the bytes; says what each said."""


def download(
    file: ModelFile, sources: list[Source], target: Path, arrived: Callable[[int], None]
) -> None:
    """Bring the file to `target`, from the first source that has it.

    `arrived` is called with the bytes that are there; what it raises ends the download, which can
    be gone on with. The caller holds the directory's lock. Raises DownloadFailed, EmbedError;
    ModelDigestMismatch when a source has other bytes and none has these.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = PartFile(target, file, arrived)
    try:
        require_space(target.parent, file.size - part.size)
        arrived(part.size)
        _from_any(file, sources, part)
        part.finish()
    except OSError as error:
        raise EmbedError(f"{target}: {error.strerror or error}") from error
    finally:
        part.close()


def _from_any(file: ModelFile, sources: list[Source], part: PartFile) -> None:
    reasons = []
    mismatch: ModelDigestMismatch | None = None
    for source in sources:
        try:
            return _from_one(file, source, part)
        except ModelDigestMismatch as error:
            mismatch = error
            reasons.append(str(error))
        except _Failed as error:
            reasons.append(f"{source.url}: {error}")
    if mismatch is not None:
        raise mismatch
    raise DownloadFailed(f"{file.name} cannot be downloaded:\n  " + "\n  ".join(reasons))


def _from_one(file: ModelFile, source: Source, part: PartFile) -> None:
    """Fill the part with the pinned bytes. Raises _Failed, ModelDigestMismatch."""
    limits = timeouts()
    inherited = part.size > 0  # the first bytes were here before
    furthest, attempt = part.size, 0
    while True:
        problem = _interruption(file, source, part, limits)
        inherited = inherited and part.size > 0
        if problem is None:
            actual = part.sha256()
            if actual == file.sha256:
                return
            part.restart()
            if not inherited:
                raise ModelDigestMismatch(
                    f"{source.url}: SHA-256 is {actual}, must be {file.sha256}",
                    expected=file.sha256,
                    actual=actual,
                )
            inherited = False  # perhaps those were the wrong ones
            furthest, attempt = 0, 0
            continue
        attempt = 1 if part.size > furthest else attempt + 1
        furthest = max(furthest, part.size)
        if attempt >= _ATTEMPTS:
            raise _Failed(f"{problem}; gave up after {attempt} attempts without progress")
        pause = _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
        time.sleep(min(max(pause, problem.pause), _LONGEST_PAUSE_SECONDS))


def _interruption(
    file: ModelFile, source: Source, part: PartFile, limits: Timeouts
) -> _Interrupted | None:
    """Ask once for the bytes that are missing; None when all are there. Raises _Failed."""
    try:
        if part.size < file.size:
            _attempt(file, source, part, limits)
    except _Interrupted as problem:
        return problem
    if part.size == file.size:
        return None
    return _Interrupted(f"the body ended after {part.size:,} of {file.size:,} bytes")


def _attempt(file: ModelFile, source: Source, part: PartFile, limits: Timeouts) -> None:
    """Ask once for the bytes that are missing. Raises _Interrupted, _Failed."""
    import pooch
    import requests

    replies: list[requests.Response] = []

    def begin(reply: requests.Response, *_: Any, **__: Any) -> None:
        replies.append(reply)
        if not reply.is_redirect:
            _begin_body(reply, file, source, part)

    ask = pooch.HTTPDownloader(
        chunk_size=_CHUNK_BYTES,
        headers=_headers(source, part),
        auth=Bearer(source.token),
        timeout=(limits.connect, limits.read),
        hooks={"response": begin},
    )
    try:
        ask(source.url, part, None)
    except TooLong:
        part.restart()
        raise _Failed(f"sent more than the {file.size:,} bytes of the file") from None
    except requests.RequestException as error:
        if error.response is not None and error.response.status_code >= 400:
            raise _refusal(error.response, part) from error
        if isinstance(error, _mendable()):
            raise _Interrupted(_reason(error)) from error
        raise _Failed(_reason(error)) from error
    finally:
        for reply in replies:
            reply.close()


def _mendable() -> tuple[type[requests.RequestException], ...]:
    """What another attempt may mend."""
    from requests import exceptions

    return (
        exceptions.ConnectionError,
        exceptions.Timeout,
        exceptions.ChunkedEncodingError,
        exceptions.ContentDecodingError,
    )


def _headers(source: Source, part: PartFile) -> dict[str, str]:
    # Compressed bytes cannot be counted, nor asked for from the middle on.
    headers = {"Accept-Encoding": "identity", "User-Agent": f"ruvector/{__version__}"}
    if part.size > 0:
        headers["Range"] = f"bytes={part.size}-"
        # Without it the bytes may be of another file: the digest will tell.
        if (etag := part.etag(source.url)) is not None:
            headers["If-Range"] = etag
    return headers


class Bearer:
    """Shows the token to the source alone: requests drops it when the host or port changes."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _begin_body(reply: requests.Response, file: ModelFile, source: Source, part: PartFile) -> None:
    """Put the part where the reply's body begins. Raises _Failed, _Interrupted."""
    status = reply.status_code
    if status == 206:
        found = re.fullmatch(
            r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", reply.headers.get("Content-Range", "")
        )
        if found is None or int(found[1]) != part.size or found[3] not in (str(file.size), "*"):
            # What it has is not what was begun.
            answer = reply.headers.get("Content-Range", "no Content-Range")
            asked = part.size
            part.restart()
            raise _Interrupted(f"asked from byte {asked:,} on, the answer was {answer!r}")
    elif status == 200:
        if part.size > 0:  # it ignores Range, or has another file by now
            part.restart()
        length = (
            "" if "Content-Encoding" in reply.headers else reply.headers.get("Content-Length", "")
        )
        if length.isdecimal() and int(length) != file.size:
            raise _Failed(f"has {int(length):,} bytes, the file has {file.size:,}")
    elif status < 400:
        raise _Failed(f"answered with status {status}")
    if status in (200, 206):
        part.note_origin(source.url, _strong_etag(reply))


def _strong_etag(reply: requests.Response) -> str | None:
    etag = reply.headers.get("ETag", "")
    return etag if re.fullmatch(r'"[\x21\x23-\x7e]{1,200}"', etag) else None


def _refusal(reply: requests.Response, part: PartFile) -> Exception:
    """What a status of 400 or more means."""
    status = reply.status_code
    reason = f"answered with status {status} {reply.reason}"
    if status == 416 and part.size > 0:
        part.restart()
        return _Interrupted(reason)
    if status in _TEMPORARY:
        wanted = reply.headers.get("Retry-After", "")
        return _Interrupted(reason, float(wanted) if re.fullmatch(r"\d{1,6}", wanted) else 0.0)
    return _Failed(reason)


def _reason(error: Exception) -> str:
    """The innermost cause: requests and urllib3 wrap what the system said."""
    cause: BaseException = error
    for _ in range(10):
        inner = getattr(cause, "reason", None) or (cause.args[0] if cause.args else None)
        if not isinstance(inner, BaseException):
            break
        cause = inner
    if isinstance(cause, OSError) and cause.errno in errno.errorcode:
        return f"{type(cause).__name__}: {cause.strerror}"
    return f"{type(cause).__name__}: {cause}"

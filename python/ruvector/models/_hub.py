"""ONNX encoders on the Hugging Face hub: their files, pinned.

Those of known models are pinned here. Of another repository the hub is asked once which commit a
revision is and which digests its files have; what it says is written beside the files and holds
from then on, without a network. A branch stays at the commit that it was first seen at: name
another revision, or remove the note below ``models/.revisions``, to follow it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruvector._native import Model, ModelFile, __version__, model_cache_directory
from ruvector.errors import EmbedError, ModelDigestMismatch, ModelNotFound
from ruvector.models._recipe import CONFIG_FILES
from ruvector.models._settings import endpoint, offline, repository_path, timeouts, token

if TYPE_CHECKING:
    import requests
    from requests.structures import CaseInsensitiveDict

# Official exports at the pinned revisions.
_KNOWN = {
    "all-MiniLM-L6-v2": ModelFile(
        "onnx/model.onnx",
        size=90_405_214,
        sha256="6fd5d72fe4589f189f8ebc006442dbb529bb7ce38f8082112682524616046452",
    ),
    "bge-small-en-v1.5": ModelFile(
        "onnx/model.onnx",
        size=133_093_490,
        sha256="828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35",
    ),
}
_MOST_REDIRECTS = 5
_SMALL_BYTES = 64 << 20  # of files whose SHA-256 the hub does not tell


def known_onnx(model: Model) -> Model:
    """The ONNX files of a known model, beside its own."""
    tokenizer = next(file for file in model.files if file.name == "tokenizer.json")
    files = [_KNOWN[model.name], tokenizer]
    return _with_files(model.name, model.repository, model.revision, files)


def repository_onnx(repository: str, revision: str) -> Model:
    """The files of any repository. Raises ModelNotFound, EmbedError."""
    note = model_cache_directory() / "models" / ".revisions" / repository / _file_name(revision)
    if (noted := _read_note(note)) is None:
        forbidden = offline()
        if forbidden is not None:
            raise ModelNotFound(
                f"{forbidden} is set, so the hub is not asked about {repository}, and what it said "
                f"of revision {revision!r} is not noted in {note}"
            )
        noted = _asked(repository, revision)
        _write_note(note, noted)
    files = [ModelFile(name, size=size, sha256=digest) for name, size, digest in noted["files"]]
    return _with_files(repository.replace("/", "--"), repository, noted["commit"], files)


def _with_files(name: str, repository: str, revision: str, files: list[ModelFile]) -> Model:
    return Model(name, repository=repository, revision=revision, files=files)


# --- notes


def _file_name(revision: str) -> str:
    """The revision where that is a plain name, otherwise its digest."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", revision):
        return f"{revision}.json"
    return hashlib.sha256(revision.encode()).hexdigest() + ".json"


def _read_note(note: Path) -> dict[str, Any] | None:
    """What was noted; None when nothing was, or nothing that can be used."""
    try:
        noted = json.loads(note.read_text("utf-8"))
        usable = re.fullmatch("[0-9a-f]{40}", noted["commit"]) and all(
            _is_safe(name) and type(size) is int and re.fullmatch("[0-9a-f]{64}", digest)
            for name, size, digest in noted["files"]
        )
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return noted if usable else None


def _is_safe(name: str) -> bool:
    return name in {"model.onnx", "onnx/model.onnx", "tokenizer.json", *CONFIG_FILES}


def _write_note(note: Path, noted: dict[str, Any]) -> None:
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        part = note.with_suffix(".part")
        part.write_text(json.dumps(noted), "utf-8")
        part.replace(note)
    except OSError as error:
        raise EmbedError(f"{note}: {error.strerror}") from error


# --- the hub


def _asked(repository: str, revision: str) -> dict[str, Any]:
    """What the hub says about a repository now."""
    commit = None
    files: list[list[str | int]] = []
    for name in ("onnx/model.onnx", "model.onnx", "tokenizer.json", *CONFIG_FILES):
        if name == "model.onnx" and files:
            continue
        if (head := _head(repository, commit or revision, name)) is not None:
            commit = head.get("X-Repo-Commit", "")
            if not re.fullmatch("[0-9a-f]{40}", commit):
                raise EmbedError(f"{endpoint()} does not tell the commit of {repository}")
            files.append([name, *_size_and_digest(repository, commit, name, head)])
    names = {file[0] for file in files}
    if "tokenizer.json" not in names or not names & {"onnx/model.onnx", "model.onnx"}:
        raise ModelNotFound(
            f"{repository} at {revision} has no model.onnx and tokenizer.json on {endpoint()}"
        )
    return {"commit": commit, "files": files}


def _size_and_digest(
    repository: str, commit: str, name: str, head: Mapping[str, str]
) -> tuple[int, str]:
    """What the hub tells of a large file, or what the bytes of a small one have."""
    digest, size = head.get("X-Linked-Etag", "").strip('"'), head.get("X-Linked-Size", "")
    if re.fullmatch("[0-9a-f]{64}", digest) and re.fullmatch(r"\d{1,15}", size):
        return int(size), digest
    data = _small_file(repository, commit, name)
    return len(data), hashlib.sha256(data).hexdigest()


def _head(repository: str, revision: str, name: str) -> Mapping[str, str] | None:
    """What the hub says about a file, None when it has none."""
    path = "/" + repository_path(repository, revision, name)
    headers: CaseInsensitiveDict[str] | None = None
    for _ in range(_MOST_REDIRECTS):
        with _request("HEAD", path) as reply:
            if reply.status_code == 404:
                return None
            if reply.status_code >= 400:
                raise ModelNotFound(
                    f"{reply.url}: answered with status {reply.status_code} {reply.reason}"
                )
            # Where the hub sends the reader elsewhere on itself, the first to tell is believed.
            if headers is None:
                headers = reply.headers
            else:
                headers.update({k: v for k, v in reply.headers.items() if k not in headers})
            path = reply.headers.get("Location", "")
            if not reply.is_redirect or not path.startswith("/"):
                return headers
    raise ModelNotFound(f"{endpoint()}{path}: more than {_MOST_REDIRECTS} redirects")


def _small_file(repository: str, revision: str, name: str) -> bytes:
    """A file that git itself holds, checked against the name that git gave it."""
    with _request("GET", "/" + repository_path(repository, revision, name)) as reply:
        if reply.status_code != 200:
            raise ModelNotFound(f"{reply.url}: answered with status {reply.status_code}")
        data = b""
        for chunk in reply.iter_content(1 << 20):
            data += chunk
            if len(data) > _SMALL_BYTES:
                raise EmbedError(f"{reply.url}: has more than {_SMALL_BYTES:,} bytes")
        etag = reply.headers.get("ETag", "").removeprefix("W/").strip('"')
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    if re.fullmatch("[0-9a-f]{40}", etag) and etag != blob:
        raise ModelDigestMismatch(
            f"{name} of {repository}: git calls it {etag}, its bytes {blob}",
            expected=etag,
            actual=blob,
        )
    return data


def _request(method: str, path: str) -> requests.Response:
    import requests

    from ruvector.models._download import Bearer

    limits = timeouts()
    url = f"{endpoint()}{path}"
    try:
        return requests.request(
            method,
            url,
            headers={"Accept-Encoding": "identity", "User-Agent": f"ruvector/{__version__}"},
            auth=Bearer(token()),
            timeout=(limits.connect, limits.read if method == "GET" else limits.connect),
            # The hub's own answer has the digest; a store that it sends the reader to has not.
            allow_redirects=method == "GET",
            stream=True,
        )
    except requests.RequestException as error:
        raise ModelNotFound(f"{url}: {error}") from error

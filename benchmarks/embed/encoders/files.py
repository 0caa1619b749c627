"""The model files of the other libraries, made once below `build` from the official ones."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from benchmarks.datasets import ROOT, MissingDataError
from benchmarks.embed.encoders import MODEL

SCRATCH = ROOT / "build" / "bench-embed"
MINILM = SCRATCH / "minilm"
FASTEMBED = SCRATCH / "fastembed"
CHROMA = SCRATCH / "chroma"
MOBILENET = SCRATCH / "mobilenet"
BESIDE = (
    "config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "onnx/model.onnx",
)


def linked(folder: Path) -> None:
    """The files that fastembed and Chroma look for, all in one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in BESIDE:
        link = folder / Path(name).name
        link.unlink(missing_ok=True)
        link.symlink_to(MINILM / name)


def official() -> Path:
    """The folder with the files of the hub, in the cache of the package."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ruvector"
    cache = Path(os.environ.get("RUVECTOR_CACHE") or default) / "models" / MODEL
    for file in (cache / "model.safetensors", *sorted(cache.glob("*/model.safetensors"))):
        if file.is_file():
            return file.parent
    raise MissingDataError(f"{cache} has no model.safetensors: run `make models`")


def export(python: Path, module: str, folder: Path, *arguments: str) -> None:
    """Runs an exporter, once until it changes; `python` is that of the environment with torch."""
    source = Path(__file__).parents[1] / f"{module}.py"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    stamp = folder / "exporter.sha256"
    if stamp.is_file() and stamp.read_text() == digest:
        return
    print(f"Making the files in {folder.relative_to(ROOT)}", flush=True)
    command = [str(python), "-m", f"benchmarks.embed.{module}", *arguments, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        last = " ".join(done.stderr.splitlines()[-3:])
        raise MissingDataError(f"{module} failed: {last}")
    stamp.write_text(digest)


def prepare_texts(python: Path) -> None:
    export(python, "export_minilm", MINILM, str(official()))
    linked(FASTEMBED)
    linked(CHROMA / "onnx")


def prepare_images(python: Path) -> None:
    export(python, "export_mobilenet", MOBILENET)

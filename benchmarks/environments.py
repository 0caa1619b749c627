"""The Python environments of the libraries, and the variables that their processes get."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.datasets import ROOT

HERE = Path(__file__).resolve().parent
REQUIREMENTS = {
    "peers": "requirements-peers.txt",
    "upstream": "requirements-upstream.txt",
    "embed-onnx": "embed/requirements/onnx.txt",
    "embed-torch": "embed/requirements/torch.txt",
    "embed-fastembed": "embed/requirements/fastembed.txt",
    "embed-chroma": "embed/requirements/chroma.txt",
    "a2a-py03": "../tests/interop/requirements/py03.txt",
    "a2a-py10": "../tests/interop/requirements/py10.txt",
    "a2a-bench": "a2a/requirements.txt",
}
FOLDERS = {
    "peers": "bench-venv",
    "upstream": "bench-venv-upstream",
    "embed-onnx": "bench-embed/env-onnx",
    "embed-torch": "bench-embed/env-torch",
    "embed-fastembed": "bench-embed/env-fastembed",
    "embed-chroma": "bench-embed/env-chroma",
    "a2a-py03": "interop/py03",
    "a2a-py10": "interop/py10",
    "a2a-bench": "bench-a2a/env",
}
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "RUVECTOR_THREADS",
)


class MissingEnvironmentError(Exception):
    """The libraries of an environment could not be installed."""


def interpreter(environment: str) -> Path:
    """The Python of an environment, which is set up at the first call. "ours" is the caller's."""
    if environment == "ours":
        return Path(sys.executable)
    folder = ROOT / "build" / FOLDERS[environment]
    python = folder / "bin" / "python"
    wanted = HERE / REQUIREMENTS[environment]
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    stamp = folder / "requirements.sha256"
    if stamp.is_file() and stamp.read_text() == digest:
        return python
    print(f"Installing {wanted.name} into {folder.relative_to(ROOT)}", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    command = [
        str(python),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "-q",
        "-r",
        str(wanted),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise MissingEnvironmentError(f"pip could not install {wanted.name}: {done.stderr[-500:]}")
    stamp.write_text(digest)
    return python


def variables(module: str, threads: int) -> dict[str, str]:
    """The environment of a worker: every thread count that a library may read, and fair BLAS."""
    out = {name: value for name, value in os.environ.items() if name != "RUVECTOR_SIMD"}
    out.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    out.pop("OPENBLAS_CORETYPE", None)
    # faiss bundles an OpenBLAS that takes a generic kernel on CPUs newer than itself: 2.4 times
    # slower in flat batches.
    if module == "faiss" and "avx512bw" in cpu_flags():
        out["OPENBLAS_CORETYPE"] = "SkylakeX"
    return out


def cpu_flags() -> set[str]:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.is_file():
        return set()
    for line in cpuinfo.read_text().splitlines():
        if line.startswith("flags"):
            return set(line.split(":", 1)[1].split())
    return set()

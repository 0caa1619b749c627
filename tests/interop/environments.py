"""What the agents run in: set up once below build/interop, at the first use."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from benchmarks import environments

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).resolve().parent / "peers"
SCRATCH = ROOT / "build" / "interop"
CARGO_SECONDS = 1800
NPM_SECONDS = 300
PIP_SECONDS = 300


class MissingPeerError(Exception):
    """An agent cannot be set up here; the message says why."""


def python(name: str) -> list[str]:
    """The command of an agent in Python."""
    try:
        interpreter = environments.interpreter(f"a2a-{name}")
    except environments.MissingEnvironmentError as error:
        raise MissingPeerError(str(error)) from error
    return [str(interpreter), str(PEERS / name / "agent.py")]


def node_folder(name: str) -> Path:
    """A folder with the packages of `peers/<name>/package.json`.

    A program must lie beside its packages to find them: the agent's is copied there.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise MissingPeerError("npm is not installed")
    folder = SCRATCH / name
    folder.mkdir(parents=True, exist_ok=True)
    for source in (PEERS / name / "agent.mjs", PEERS / "loopback.mjs"):
        shutil.copy(source, folder)
    wanted = (PEERS / name / "package.json").read_bytes()
    digest, stamp = hashlib.sha256(wanted).hexdigest(), folder / "package.sha256"
    if not stamp.is_file() or stamp.read_text() != digest:
        print(f"Installing the packages of {name} into {folder.relative_to(ROOT)}", flush=True)
        (folder / "package.json").write_bytes(wanted)
        run([npm, "install", "--no-audit", "--no-fund", "--silent"], folder, NPM_SECONDS)
        stamp.write_text(digest)
    return folder


def node(name: str) -> list[str]:
    """The command of an agent in JavaScript."""
    program = shutil.which("node")
    if program is None:
        raise MissingPeerError("node is not installed")
    return [program, str(node_folder(name) / "agent.mjs")]


def rvagent_binary() -> Path:
    return SCRATCH / "rvagent" / "release" / "rvagent-peer"


def rvagent() -> list[str]:
    """The command of upstream's own server, if `make interop-rvagent` has built it."""
    binary = rvagent_binary()
    if not binary.is_file():
        raise MissingPeerError("not built; `make interop-rvagent` does, in some minutes of cargo")
    return [str(binary)]


def build_rvagent() -> None:
    """Builds upstream's server from its registry."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise MissingPeerError("cargo is not installed")
    folder = SCRATCH / "rvagent"
    source = folder / "source"
    # Cargo writes its lock file beside the sources.
    shutil.copytree(PEERS / "rvagent", source, dirs_exist_ok=True)
    print("Building upstream's server with cargo", flush=True)
    command = [cargo, "build", "--release", "--quiet", "--target-dir", str(folder)]
    run(command, source, CARGO_SECONDS)


def run(command: list[str], folder: Path, seconds: float) -> None:
    """Raises MissingPeerError with the end of what the command said, if it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise MissingPeerError(f"{Path(command[0]).name} took more than {seconds} s") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-300:]
        raise MissingPeerError(f"{Path(command[0]).name} failed: {said}")


def python_with_package(name: str) -> str:
    """The interpreter of an agent's environment, with the package as `make package` built it."""
    interpreter = python(name)[0]
    wheels = list((ROOT / "build" / "package").glob("ruvector-*.whl"))
    if len(wheels) != 1:
        raise MissingPeerError("`make package` has built no wheel")
    digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    stamp = SCRATCH / name / "package.sha256"
    if not stamp.is_file() or stamp.read_text() != digest:
        install = [interpreter, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        run([*install, str(wheels[0])], ROOT, PIP_SECONDS)
        run([*install, "--force-reinstall", "--no-deps", str(wheels[0])], ROOT, PIP_SECONDS)
        stamp.write_text(digest)
    return interpreter

"""Prints requirements of pyproject.toml, one a line: its single place for Python dependencies.

Arguments: "build" (the build system's), "package" (at run time), or the name of an extra.
"""

import sys
import tomllib
from pathlib import Path


def requirements(pyproject: Path, groups: list[str]) -> list[str]:
    config = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    known: dict[str, list[str]] = {
        "build": config["build-system"]["requires"],
        "package": config["project"]["dependencies"],
        **config["project"]["optional-dependencies"],
    }
    for group in groups:
        if group not in known:
            raise SystemExit(f"unknown group {group!r}: expected one of {', '.join(known)}")
    return sorted({requirement for group in groups for requirement in known[group]})


if __name__ == "__main__":
    root = Path(__file__).resolve().parent.parent
    print("\n".join(requirements(root / "pyproject.toml", sys.argv[1:])))

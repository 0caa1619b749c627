"""Checks that python/ruvector/_native.pyi says what the built extension is; `--write` updates it.

nanobind.stubgen writes the stub from the signatures and docstrings in python/bindings and from
stub_patterns.txt there; ruff formats it. Needs `ruvector` to be importable.
"""

import argparse
import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUB = ROOT / "python" / "ruvector" / "_native.pyi"
PATTERNS = ROOT / "python" / "bindings" / "stub_patterns.txt"


def generated_stub() -> str:
    with tempfile.TemporaryDirectory() as folder:
        stub = Path(folder) / STUB.name
        stubgen = ["nanobind.stubgen", "-q", "-m", "ruvector._native", "-p", str(PATTERNS)]
        config = f"--config={ROOT / 'pyproject.toml'}"
        for command in (
            [*stubgen, "-o", str(stub)],
            ["ruff", "check", "--silent", "--fix", "--exit-zero", config, str(stub)],
            ["ruff", "format", "--quiet", config, str(stub)],
        ):
            subprocess.run([sys.executable, "-m", *command], check=True)
        return stub.read_text(encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the generated stub")
    generated = generated_stub()
    if parser.parse_args().write:
        STUB.write_text(generated, encoding="utf-8")
    committed = STUB.read_text(encoding="utf-8") if STUB.is_file() else ""
    difference = list(
        difflib.unified_diff(
            committed.splitlines(), generated.splitlines(), "committed", "generated", lineterm=""
        )
    )
    print("\n".join(difference) if difference else "the stub is what the extension is")
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())

"""Checks that each source file has its test: src/<room>/foo.cc beside foo_test.cc, and
python/ruvector/foo.py with tests/python/test_foo.py.
"""

import re
import sys
from pathlib import Path

# Sources without a test of their own, and where they are tested instead.
COVERED_ELSEWHERE: dict[str, str] = {
    "python/ruvector/__init__.py": "imports only",
}
# Every level runs the tests of the kernels themselves, so the per-level sources have none.
PER_LEVEL = re.compile(r"^src/kernels/(scalar|avx2|avx512|neon)(_[a-z0-9_]+)?\.cc$")


def missing_tests(root: Path) -> list[str]:
    sources = [
        (source, source.with_name(f"{source.stem}_test.cc"))
        for source in sorted((root / "src").rglob("*.cc"))
        if not source.stem.endswith("_test")
    ]
    modules = [
        (module, root / "tests" / "python" / f"test_{module.stem.strip('_')}.py")
        for module in sorted((root / "python" / "ruvector").glob("*.py"))
    ]
    missing = []
    for source, test in sources + modules:
        name = source.relative_to(root).as_posix()
        if name not in COVERED_ELSEWHERE and not PER_LEVEL.match(name) and not test.is_file():
            missing.append(f"{name}: {test.relative_to(root).as_posix()} is missing")
    for name in COVERED_ELSEWHERE:
        if not (root / name).is_file():
            missing.append(f"{name}: named in COVERED_ELSEWHERE, and is no file")
    return missing


def main() -> int:
    missing = missing_tests(Path(__file__).resolve().parent.parent)
    print("\n".join(missing) if missing else "every source has its test")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

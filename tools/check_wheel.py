"""Checks the one wheel in a folder: stable ABI in its name, size, and what is in it."""

import sys
import zipfile
from pathlib import Path

MAX_BYTES = 8 * 1024 * 1024
EXPECTED = {
    "ruvector/__init__.py",
    "ruvector/_native.abi3.so",
    "ruvector/_native.pyi",
    "ruvector/py.typed",
}


def faults(folder: Path) -> list[str]:
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        return [f"{folder}: {len(wheels)} wheels, expected 1"]
    wheel = wheels[0]
    found = []
    if "-cp311-abi3-" not in wheel.name:
        found.append(f"{wheel.name}: the name lacks cp311-abi3")
    if wheel.stat().st_size > MAX_BYTES:
        found.append(f"{wheel.name}: {wheel.stat().st_size} bytes, the limit is {MAX_BYTES}")
    names = set(zipfile.ZipFile(wheel).namelist())
    found += [f"{wheel.name}: {name} is missing" for name in sorted(EXPECTED - names)]
    found += [
        f"{wheel.name}: {name} does not belong in a wheel"
        for name in sorted(names)
        if name.endswith((".cc", ".h", ".a", ".cmake"))
        # auditwheel and delocate put shared libraries into the last; ours are linked statically.
        or name.startswith(("include/", "lib/", "ruvector.libs/", "ruvector/.dylibs/"))
    ]
    if not found:
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB, {len(names)} files")
    return found


def main() -> int:
    found = faults(Path(sys.argv[1]))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

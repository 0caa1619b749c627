"""Checks that includes point along the arrows of ARCHITECTURE.md, and no other way.

A room is a folder below src/, include/ruvector/ or python/. `ALLOWED` says which rooms each may
include; a public header includes public headers only, so that the installed tree is complete.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ALLOWED: dict[str, set[str]] = {
    "base": {"base"},
    "kernels": {"kernels", "base"},
    "index": {"index", "kernels", "base"},
    "embed": {"embed", "kernels", "base"},
    "lake": {"lake", "index", "base"},
    "net": {"net", "base"},
    "a2a": {"a2a", "net", "base"},
    "bindings": {"bindings", "lake", "index", "embed", "a2a", "net", "base"},
    "benchmarks": {"benchmarks", "kernels", "base"},
    "fuzz": {"fuzz", "lake", "index", "embed", "a2a", "net", "base"},
}
# These see public headers only: what they need is what a user has.
PUBLIC_ONLY = {"bindings"}

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Header:
    room: str
    public: bool


def room_of(path: Path, root: Path) -> Header | None:
    """The room that a source file belongs to; None for files outside of the rooms."""
    parts = path.relative_to(root).parts
    match parts:
        case ("include", "ruvector", room, _, *_):
            return Header(room, public=True)
        case ("src", room, _, *_):
            return Header(room, public=False)
        case ("python", "bindings", *_):
            return Header("bindings", public=False)
        case ("benchmarks", *_):
            return Header("benchmarks", public=False)
        case ("fuzz", *_):
            return Header("fuzz", public=False)
        case _:
            return None


def included(name: str, source: Path, root: Path) -> Header | None:
    """What a quoted include means, or None if it names no file of ours."""
    for folder in (root / "include", root / "src", root / "python" / "bindings", source.parent):
        if (folder / name).is_file():
            return room_of((folder / name).resolve(), root)
    return None


def violations(root: Path) -> list[str]:
    root = root.resolve()
    found = []
    folders = ("include", "src", "python/bindings", "benchmarks", "fuzz")
    files = (
        f for folder in folders for f in (root / folder).rglob("*") if f.suffix in {".h", ".cc"}
    )
    for path in sorted(files):
        user = room_of(path, root)
        place = path.relative_to(root).as_posix()
        if user is None or user.room not in ALLOWED:
            found.append(f"{place}: lies in no room that check_layers.py knows")
            continue
        for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            target = included(name, path, root)
            if target is None:
                found.append(f'{place}: "{name}" is no file of ours')
            elif target.room not in ALLOWED[user.room]:
                found.append(f"{place}: {user.room} may not include {target.room} ({name})")
            elif user.public and not target.public:
                found.append(f"{place}: a public header includes the private {name}")
            elif user.room in PUBLIC_ONLY and target.room != user.room and not target.public:
                found.append(f"{place}: {user.room} sees public headers only, not {name}")
    return found


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    found = violations(root)
    print("\n".join(found) if found else "every include points along an arrow")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""The documentation strings of Python's standard library: English that is wherever Python is."""

from __future__ import annotations

import ast
import inspect
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Not for users, or the same text again.
LEFT_OUT = {"test", "tests", "idlelib", "lib2to3", "site-packages", "dist-packages", "turtledemo"}


@dataclass(frozen=True)
class Docstring:
    """The text of one object, on one line; `name` is its module and qualified name."""

    name: str
    summary: str  # the first paragraph
    body: str  # the others; often empty


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def of_module(source: str, module: str) -> Iterator[Docstring]:
    def walk(node: ast.AST, name: str) -> Iterator[Docstring]:
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented):
            text = ast.get_docstring(node, clean=False)
            if text:
                summary, _, body = inspect.cleandoc(text).partition("\n\n")
                yield Docstring(name, one_line(summary), one_line(body))
        for child in getattr(node, "body", []):
            if hasattr(child, "name"):
                yield from walk(child, f"{name}.{child.name}")

    yield from walk(ast.parse(source), module)


@cache
def standard_library() -> tuple[Docstring, ...]:
    """In the order of the names of files; reading them takes seconds, so it is done once."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    found: list[Docstring] = []
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        if LEFT_OUT.isdisjoint(parts):
            source = file.read_text(encoding="utf-8", errors="replace")
            found += of_module(source, ".".join(parts))
    return tuple(found)

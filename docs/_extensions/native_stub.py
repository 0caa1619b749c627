"""Shows autodoc the stub in place of the extension module.

The extension's functions have no signature that `inspect` could read; the stub, which
`make check-stub` keeps equal to the extension, has them all. A stub is nearly a module already: it
lacks the docstring of an overloaded function, which is at the first overload alone.
"""

from __future__ import annotations
import __future__

import ast
import importlib
import importlib.util
import sys
import typing
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

NAME = "ruvector._native"
ANNOTATIONS = __future__.annotations.compiler_flag  # circular imports are then no matter


class StubLoader(SourceFileLoader):
    """Runs a stub as a module."""

    def exec_module(self, module: ModuleType) -> None:
        tree = ast.parse(self.get_data(self.path))
        tree.body = [node for node in tree.body if not imports_the_package(node)]
        exec(compile(tree, self.path, "exec", flags=ANNOTATIONS, dont_inherit=True), vars(module))


def imports_the_package(node: ast.stmt) -> bool:
    """Whether it is an import of types for annotations, which are never evaluated here."""
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ruvector")


def first_overload(registered: dict[str, Any]) -> Callable[[Any], Any]:
    def overload(function: Any) -> Any:
        return registered.setdefault(function.__qualname__, function)

    return overload


def load(package: Path, version: str) -> ModuleType:
    """Import ruvector with ``package/_native.pyi`` as its native module."""
    loader = StubLoader(NAME, str(package / "_native.pyi"))
    spec = importlib.util.spec_from_file_location(NAME, loader.path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__dict__["__version__"] = version
    sys.modules[NAME] = module
    original = typing.overload
    typing.overload = first_overload({})  # type: ignore[assignment]
    try:
        loader.exec_module(module)
        importlib.import_module("ruvector.a2a")
    finally:
        typing.overload = original
    return module

"""Docstrings of the standard library's Python sources, read without importing a module.

Importing a module may open a browser (`antigravity`) or print a poem (`this`); parsing it cannot.
"""

import ast
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from rag_demo.passage import Passage, trim

# Not documentation that anybody asks for: test suites, the bundled editor and demos, what has left
# Python since, about a hundred character sets that differ in one word, and what needs Tk, which
# many machines lack.
SKIPPED_NAMES = """
    antigravity distutils encodings ensurepip idlelib lib2to3 pydoc_data test tests this tkinter
    turtle turtledemo
"""
SKIPPED = frozenset(SKIPPED_NAMES.split())

# Python twins of modules that are written in C: their docstrings are the public module's.
PUBLIC_NAMES = {
    "_collections_abc": "collections.abc",
    "_pydatetime": "datetime",
    "_pydecimal": "decimal",
    "_pyio": "io",
}

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def source_docstrings(root: Path | None = None) -> Iterator[Passage]:
    """Yields a passage for each documented public module, class and function below `root`.

    `root` is the standard library's folder by default. Files that this interpreter cannot parse
    are passed over: a library folder may hold templates and broken samples.
    """
    root = root or Path(sysconfig.get_path("stdlib"))
    for module, path in sorted(source_files(root).items()):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        if doc := ast.get_docstring(tree):
            yield Passage(module, f"module {module}: {trim(doc)}")
        yield from members(tree, module, exported(tree))


def source_files(root: Path) -> dict[str, Path]:
    """Returns the path of each public module below `root`, by the module's public name."""
    found: dict[str, Path] = {}
    for name in sorted(sys.stdlib_module_names):  # Python twins first; a set has no order
        for path in (root / f"{name}.py", *sorted((root / name).rglob("*.py"))):
            if not path.is_file():
                continue
            parts = path.relative_to(root).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            parts = tuple(PUBLIC_NAMES.get(parts[0], parts[0]).split(".")) + parts[1:]
            if not any(part.startswith("_") or part in SKIPPED for part in parts):
                found.setdefault(".".join(parts), path)
    return found


def exported(tree: ast.Module) -> frozenset[str] | None:
    """Returns the names that a module lists in `__all__`; None if it has no plain list of them."""
    names: set[str] = set()
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                | ast.AugAssign(target=ast.Name(id="__all__"), value=value)
            ):
                try:
                    names.update(ast.literal_eval(value))
                except ValueError:  # put together from other modules' lists
                    return None
    return frozenset(names) or None


def members(
    node: ast.Module | ast.ClassDef, scope: str, names: frozenset[str] | None = None
) -> Iterator[Passage]:
    """Yields a passage for each documented public class and function inside `node`.

    `names` are the ones that count as public; None: all that do not start with an underscore.
    """
    for child in node.body:
        if not isinstance(child, Documented) or child.name.startswith("_"):
            continue
        if names is not None and child.name not in names:
            continue
        name = f"{scope}.{child.name}"
        if doc := ast.get_docstring(child):
            yield Passage(name, f"{name}{signature(child)}: {trim(doc)}")
        if isinstance(child, ast.ClassDef):
            yield from members(child, name)


def signature(node: Documented) -> str:
    """Returns the argument names of a function, without `self`; nothing for a class."""
    if isinstance(node, ast.ClassDef):
        return ""
    names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
    if names[:1] in (["self"], ["cls"]):
        del names[0]
    return f"({', '.join(names[:6])})"

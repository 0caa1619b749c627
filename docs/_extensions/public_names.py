"""Finds types of the Python API by their public names, wherever they are defined."""

from __future__ import annotations

import builtins
import importlib
import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

import ruvector

# Where the classes of `ruvector` are defined.
DEFINING = "a2a_card a2a_options a2a_spec a2a_types a2a backend embed errors lake_types results"
PUBLIC = ("ruvector", "ruvector.models", "ruvector.stores", "ruvector.a2a")


def restore_modules() -> None:
    """Undo that the package shows its classes under its own name.

    autodoc reads the comments on attributes in the module that a class names as its own.
    """
    for name in DEFINING.split():
        module = importlib.import_module(f"ruvector.{name}")
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == "ruvector":
                value.__module__ = defining_module(value)


def defining_module(value: type) -> str:
    """The module whose source has the class."""
    for name in DEFINING.split():
        module = importlib.import_module(f"ruvector.{name}")
        source = importlib.util.find_spec(module.__name__)
        assert source is not None
        assert source.origin is not None
        with open(source.origin, encoding="utf-8") as file:
            if f"\nclass {value.__name__}" in file.read():
                return module.__name__
    return value.__module__


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """Find ``ruvector.results.Hit``, and ``Hit``, as ``ruvector.Hit``."""
    if node.get("refdomain") != "py":
        return None
    target = str(node["reftarget"])
    last = target.rpartition(".")[2]
    if target != last and not target.startswith("ruvector."):
        return None
    objects = env.domains.python_domain.objects
    for name in (*(f"{module}.{last}" for module in PUBLIC), last):
        if name in objects:
            found = objects[name]
            here = str(node["refdoc"])
            return make_refnode(app.builder, here, found.docname, found.node_id, content, name)
    return None


def drop_builtins(_: Sphinx, doctree: nodes.document) -> None:
    """Leave ``bytes`` alone, which would otherwise lead to an attribute of that name."""
    for node in list(doctree.findall(pending_xref)):
        target = str(node["reftarget"])
        builtin = hasattr(builtins, target) and target not in ruvector.__all__
        if node.get("refdomain") == "py" and builtin:
            node.replace_self(nodes.Text(target))


def show_names(*event: Any) -> tuple[str | None, str | None]:
    """Signatures without ``<factory>``, which is no expression, and with aliases as they are."""
    signature, returned = (
        text and re.sub(r"TypeAliasForwardRef\('([^']*)'\)", r"\1", text) for text in event[-2:]
    )
    return signature and signature.replace("<factory>", "..."), returned


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("missing-reference", resolve)
    app.connect("doctree-read", drop_builtins)
    app.connect("autodoc-process-signature", show_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

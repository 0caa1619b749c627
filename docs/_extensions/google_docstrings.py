"""Docstrings in Google's style, by napoleon.

Its own hook takes what stands before a colon in the docstring of an attribute for a type; here
types are annotations, and the docstring is a sentence.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import GoogleDocstring

ATTRIBUTES = ("attribute", "property", "data")


def rewrite(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    config: Any = Config(napoleon_use_rtype=False, napoleon_use_ivar=True)
    kind: Any = "method" if what in ATTRIBUTES else what
    lines[:] = GoogleDocstring(lines, config, app, kind, name, obj, options).lines()


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", rewrite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

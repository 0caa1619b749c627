"""Makes pages of what lies elsewhere in the repository, or lacks what only Sphinx reads.

All pages stay as they are on GitHub: lists of pages, and links to files that are pages here, are
completed while they are read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import download_reference, pending_xref
from sphinx.application import Sphinx

# Files above docs/ and the pages that include them.
INCLUDED = {
    "ARCHITECTURE.md": "project/architecture",
    "CONTRIBUTING.md": "project/contributing",
    "CHANGELOG.md": "project/changelog",
    "README.md": "project/results",
}
# Folders whose README.md is the list of their other pages.
LISTS = ("decisions/README", "formats/README")
TREE = "\n\n```{{toctree}}\n:hidden:\n:glob:\n\n{pages}\n```\n"


def complete_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give lists their tree, and notebooks the outputs of their last run."""
    if docname in LISTS:
        source[0] += TREE.format(pages="*")
    if docname.startswith("notebooks/"):
        executed = Path(app.srcdir).parent / "build" / f"{docname}.ipynb"
        app.env.note_dependency(str(executed))
        source[0] = executed.read_text(encoding="utf-8")


def link_to_pages(app: Sphinx, doctree: nodes.document) -> None:
    """Lead links to Markdown above docs/ to the page that includes it, else to the file."""
    root = Path(app.srcdir).parent
    for node in list(doctree.findall(pending_xref)):
        target = Path(str(node["reftarget"]))
        if node.get("refdomain") != "doc" or not target.is_absolute():
            continue
        file = target.with_name(f"{target.name}.md")
        page = INCLUDED.get(str(file.relative_to(root)))
        if page is not None:
            node["reftarget"] = page
            node["reftargetid"] = None
        else:
            path = os.path.relpath(file, Path(app.srcdir, app.env.docname).parent)
            link = download_reference("", "", *node.children, reftarget=path, refdomain=None)
            node.replace_self(link)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", complete_source)
    # Before downloads are collected, so that none is made of what is a page.
    app.connect("doctree-read", link_to_pages, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

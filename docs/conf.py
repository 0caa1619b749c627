"""Configuration of Sphinx; `make docs` builds build/docs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "python"), str(Path(__file__).parent / "_extensions")]

import doxygen_xml  # noqa: E402
import native_stub  # noqa: E402

VERSION_H = (ROOT / "include" / "ruvector" / "base" / "version.h").read_text(encoding="utf-8")
found = re.search(r'kVersion = "([^"]+)"', VERSION_H)
assert found is not None
project, author, release = "ruvector", "the ruvector authors", found[1]
version = release
copyright = author  # noqa: A001  Sphinx's name for it

native_stub.load(ROOT / "python" / "ruvector", release)
import public_names  # noqa: E402  it imports ruvector

public_names.restore_modules()

extensions = [
    "breathe",
    "doxygen_xml",
    "google_docstrings",
    "myst_nb",
    "public_names",
    "repository_pages",
    "sphinx.ext.autodoc",
]
exclude_patterns = ["_extensions", "Doxyfile"]
html_theme = "furo"
html_title = f"ruvector {release}"
html_copy_source = False

# `make notebooks` has run them; see repository_pages.
nb_execution_mode = "off"
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
# Shown by name; docs/api/types.md says what they stand for.
ALIASES = (
    "ArrowSource Authorization BindingName CostEstimator FilterArray Generation Hook IdsLike Image "
    "Images LakeKey Matrix MetricName NDArray Precision Progress Prompt ProtocolName Query Vector"
)
autodoc_type_aliases = {**{name: name for name in ALIASES.split()}, "Floats": "NDArray[np.float32]"}
autodoc_default_options = {"members": True, "inherited-members": "object,list,tuple,dict,Exception"}
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True

breathe_projects = {"ruvector": str(doxygen_xml.XML)}
breathe_default_project = "ruvector"
breathe_show_include = False
cpp_maximum_signature_line_length = 88

nitpicky = True
# No list of another project's names is fetched: the build needs no network. What is not ours is
# therefore not linked, and what is ours is.
nitpick_ignore_regex = [
    ("py:.*", r"(?!ruvector\b).*\..*"),
    # As annotations spell them: names of others, and types that no caller names.
    ("py:class", r"NDArray|Path|FileSystem|Native\w+|OnnxEmbedder|MetadataTable"),
    ("py:class", r"ruvector\.(stores\._batches|_a2a_values)\..*"),
    ("cpp:identifier", r"std(::.*)?|ArrowArrayStream|ruvector|Details|index(::Engine)?"),
]

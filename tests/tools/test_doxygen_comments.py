"""What Doxygen sees of a header."""

from __future__ import annotations

from pathlib import Path

import pytest

import doxygen_comments

ROOT = Path(__file__).resolve().parents[2]
HEADER = """\
// Boxes of numbers. Thread-safe.
#pragma once

namespace box {

// --- making one
// Opens the box of `name`. Throws std::invalid_argument.
int open(int a, int b);  // see other.h

struct Box {
  int size = 0;  // in bytes, <= 8
};

}  // namespace box
"""


def test_comments_before_behind_and_at_the_top_are_marked() -> None:
    lines = doxygen_comments.marked(HEADER).split("\n")
    assert lines[:2] == ["//! \\file", "//! Boxes of numbers. Thread-safe."]
    assert "/// Opens the box of `name`. Throws std::invalid_argument." in lines
    assert "int open(int a, int b);  ///< see %other.h" in lines
    assert "  int size = 0;  ///< in bytes, \\<= 8" in lines


def test_headings_and_ends_of_namespaces_are_left_alone() -> None:
    lines = doxygen_comments.marked(HEADER).split("\n")
    assert "// --- making one" in lines
    assert "}  // namespace box" in lines


def test_code_is_left_alone() -> None:
    code = '#pragma once\n\nint a = b / c;\nconst char* url = R"(x)";\n'
    assert doxygen_comments.marked(code) == code


@pytest.mark.parametrize(
    "header", sorted((ROOT / "include").rglob("*.h")), ids=lambda path: path.stem
)
def test_of_each_public_header_only_comments_change(header: Path) -> None:
    source = header.read_text(encoding="utf-8")
    marked = doxygen_comments.marked(source).replace("//! \\file\n", "", 1)
    before = [line.split("//")[0].rstrip() for line in source.split("\n")]
    after = [line.split("//")[0].rstrip() for line in marked.split("\n")]
    assert after == before


def test_each_public_header_has_its_place_on_a_page() -> None:
    pages = "\n".join(page.read_text("utf-8") for page in (ROOT / "docs" / "cpp").glob("*.md"))
    headers = [str(path.relative_to(ROOT / "include")) for path in (ROOT / "include").rglob("*.h")]
    assert [name for name in headers if f"{{doxygenfile}} {name}\n" not in pages] == []

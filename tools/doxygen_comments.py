"""Prints a C++ header with its comments marked for Doxygen: the filter of docs/Doxyfile.

A comment on lines of its own documents what follows, one behind code what it stands behind, and
the first comment of a file the file.
"""

import re
import sys
from pathlib import Path

OWN = re.compile(r"^(\s*)//(?! ?(?:---|clang-format|NOLINT)) ?(.*)$")
BEHIND = re.compile(r"^(.*\S)\s+//(?! ?(?:namespace|NOLINT)) ?(.*)$")
BRACE = re.compile(r"^\s*}\s*//")


def plain(text: str) -> str:
    """The text of a comment with what Doxygen would take for a command, a tag or a link escaped."""
    if "`" not in text:
        text = re.sub(r"([\\@<>#*&]|--)", r"\\\1", text)
    return re.sub(r"\b(\w+\.h)\b", r"%\1", text)


def marked(source: str) -> str:
    """The header as Doxygen should see it."""
    lines = source.split("\n")
    out: list[str] = []
    of_file = lines[0].startswith("// ")
    for line in lines:
        of_file = of_file and line.startswith("//")
        own, behind = OWN.match(line), BEHIND.match(line)
        if of_file and own:
            out.append(f"//! {plain(own[2])}" if out else f"//! \\file\n//! {plain(own[2])}")
        elif own:
            out.append(f"{own[1]}/// {plain(own[2])}")
        elif behind and not BRACE.match(line):
            out.append(f"{behind[1]}  ///< {plain(behind[2])}")
        else:
            out.append(line)
    return "\n".join(out)


if __name__ == "__main__":
    print(marked(Path(sys.argv[1]).read_text(encoding="utf-8")), end="")

"""Every public name of the package has its place in the reference."""

from __future__ import annotations

import re
from pathlib import Path

import ruvector
from ruvector import models

PAGES = Path(__file__).resolve().parents[2] / "docs" / "api"
KINDS = "class|exception|function|data"
ENTRY = re.compile(rf"^\.\. auto(?:{KINDS}):: (?:ruvector\.)?(\w+)(?:\(\))?$", re.M)


def entries() -> list[str]:
    return [name for page in PAGES.glob("*.md") for name in ENTRY.findall(page.read_text("utf-8"))]


def test_every_public_name_is_in_the_reference_once() -> None:
    public = {name for name in ruvector.__all__ if not name.startswith("_")}
    public |= {name for name in models.__all__ if name not in ("open_model", "pull")}
    found = entries()
    assert public - set(found) == set()
    assert sorted(found) == sorted(set(found))

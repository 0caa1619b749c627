"""Checks that every link within a folder of HTML pages leads to something: `check_site.py FOLDER`.

Sphinx checks what it resolves itself; this checks what was written, down to the anchors.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class Page(HTMLParser):
    """The anchors and links of a page."""

    anchors: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in ("id", "name"):
                self.anchors.add(value)
            elif value and name in ("href", "src"):
                self.links.add(value)


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def dead_links(site: Path) -> list[str]:
    """Links to nothing, as `page: link`, and to places outside of the folder."""
    pages = {path.resolve(): read(path) for path in sorted(site.rglob("*.html"))}
    dead = []
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            inside = target.is_relative_to(site.resolve())
            known = pages.get(target)
            anchored = (
                not parts.fragment or known is None or unquote(parts.fragment) in known.anchors
            )
            if not (inside and target.is_file() and anchored):
                dead.append(f"{path.relative_to(site.resolve())}: {link}")
    return dead


def main(site: Path) -> int:
    pages = len(list(site.rglob("*.html")))
    if not pages:
        print(f"{site} holds no page", file=sys.stderr)
        return 1
    dead = dead_links(site)
    print("\n".join(dead) if dead else f"{pages} pages, no dead link")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

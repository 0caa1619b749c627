"""The Python code of the README and of the pages for users runs, each page from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", DOCS / "index.md", DOCS / "quick_start.md"]
PAGES += sorted(page for folder in ("guide", "migration") for page in (DOCS / folder).glob("*.md"))
LINKED = [*ROOT.glob("*.md")]
LINKED += sorted(
    page for folder in ("docs", "benchmarks", "tests") for page in (ROOT / folder).rglob("*.md")
)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[int, str]]:
    """The number of the line before each block's first, and its code."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, found.start(1)), found[1]) for found in BLOCK.finditer(text)]


def run(page: Path) -> int:
    names: dict[str, object] = {"__name__": "guide"}
    ran = 0
    for lines_before, code in blocks(page):
        # Padded, so that a traceback names the page's own line.
        exec(compile("\n" * lines_before + code, str(page), "exec"), names)
        ran += 1
    return ran


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_code_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run(page) > 0


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as GitHub and the documentation make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.DOTALL)
    missing = []
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", text):
        if re.match(r"[a-z]+:", target):
            continue  # elsewhere
        path = page.parent / target if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            missing.append(f"{target}#{anchor}")
    assert missing == []


def test_the_tests_that_the_record_of_faults_names_are_there() -> None:
    """A fault whose test was renamed or dropped would otherwise look as if it were tested."""
    (record,) = (ROOT / "docs" / "decisions").glob("*-faults-of-the-original-lake.md")
    rows = re.findall(r"^\| \d+ \|.*$", record.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 33
    named = set(re.findall(r"`([A-Z]\w+\.[A-Z]\w+|test_\w+)`", "\n".join(rows)))
    sources = [
        path.read_text(encoding="utf-8") for path in (ROOT / "src" / "lake").glob("*_test.cc")
    ]
    cases = re.findall(r"TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", "\n".join(sources))
    present = {f"{suite}.{name}" for suite, name in cases}
    for path in (ROOT / "tests" / "python").glob("test_*.py"):
        present.update(re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8")))
    assert named - present == set()

"""The Python code of the README and of the pages for users runs, each page from top to bottom."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
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


def blocks(page: Path, language: str = "python") -> list[tuple[int, str]]:
    """The number of the line before each block's first, and its code."""
    text = page.read_text(encoding="utf-8")
    block = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, found.start(1)), found[1]) for found in block.finditer(text)]


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


def test_the_commands_of_the_guide_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT / "docs" / "guide" / "command_line.md"
    monkeypatch.chdir(tmp_path)
    assert run(page) > 0
    commands = [line for _, code in blocks(page, "sh") for line in code.splitlines()]
    assert len(commands) > 5
    for command in commands:
        name, *arguments = shlex.split(command)
        assert name == "ruvector"
        done = subprocess.run(
            [sys.executable, "-m", name, *arguments],
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), command
        assert done.stdout or "-o" in arguments, command


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

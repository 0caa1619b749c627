"""The demo's corpus: which documentation becomes a passage, and how its text reads."""

import subprocess
import sys
from pathlib import Path

import pytest

import rag_demo
from rag_demo import Passage, standard_library
from rag_demo.corpus import distinct, spread
from rag_demo.passage import trim
from rag_demo.runtime_docstrings import runtime_docstrings
from rag_demo.source_docstrings import source_docstrings
from rag_demo.topics import PIECE_CHARACTERS, topic_passages

CSV = '''"""Reads and writes tables.

More about tables.
"""
__all__ = ["Table", "read"]
__all__ += ["Row"]

def read(path, *, strict=False):
    """Read the table that lies at a path."""

def internal():
    """Not in __all__, so nobody's business."""

class Table:
    """Rows and columns."""
    def rows(self, first, last):
        """Return the rows between two numbers."""
    def _hidden(self):
        """Starts with an underscore."""
    def undocumented(self): ...

class Row:
    """One row of a table."""
'''


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A made-up standard library; names that no Python has would be passed over."""
    files = {
        "csv.py": CSV,
        "_pydecimal.py": 'class Decimal:\n    """A number in base ten."""\n',
        "_strptime.py": '"""Private."""\n',
        "xml/__init__.py": '"""Trees of elements."""\n',
        "xml/dom/minidom.py": 'async def parse(file):\n    """Parse a file into a tree."""\n',
        "xml/_private.py": '"""Private."""\n',
        "test/test_csv.py": '"""Tests."""\n',
        "json.py": "this is not Python (\n",
        "nosuchmodule.py": '"""Not part of the library."""\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_public_documented_names_become_passages(library: Path) -> None:
    assert [(p.name, p.text) for p in source_docstrings(library)] == [
        ("csv", "module csv: Reads and writes tables. More about tables."),
        ("csv.read", "csv.read(path): Read the table that lies at a path."),
        ("csv.Table", "csv.Table: Rows and columns."),
        ("csv.Table.rows", "csv.Table.rows(first, last): Return the rows between two numbers."),
        ("csv.Row", "csv.Row: One row of a table."),
        ("decimal.Decimal", "decimal.Decimal: A number in base ten."),
        ("xml", "module xml: Trees of elements."),
        ("xml.dom.minidom.parse", "xml.dom.minidom.parse(file): Parse a file into a tree."),
    ]


def test_what_is_written_in_c_is_found_at_run_time() -> None:
    texts = {p.name: p.text for p in runtime_docstrings(("builtins", "math", "nosuchmodule"))}
    assert texts["math.sqrt"].startswith("math.sqrt(x): Return the square root")
    assert texts["str.strip"].startswith("str.strip(chars): Return a copy of the string")
    assert texts["len"].startswith("len(obj): ")
    assert "math.pi" not in texts
    assert not [name for name in texts if name.split(".")[-1].startswith("_")]


def test_topics_are_cut_into_headed_pieces_of_whole_paragraphs() -> None:
    paragraphs = ["First paragraph. " * 10, "Second paragraph. " * 10, "Part\n====", "Third."]
    text = 'The "if" statement\n******************\n\n' + "\n\n".join(paragraphs)
    passages = list(topic_passages({"if": text}))
    assert {passage.name for passage in passages} == {"topic: if"}
    bodies = [passage.text.removeprefix("The if statement: ") for passage in passages]
    assert bodies == [
        ("First paragraph. " * 10).strip(),
        ("Second paragraph. " * 10).strip() + " Third.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  several\n   lines ", "several lines"),
        ("One sentence. Another that is too long", "One sentence."),
        ("nosentencehere but words", "nosentencehere but"),
        ("x" * 30, "x" * 20),
    ],
)
def test_long_texts_are_cut_after_a_sentence_or_a_word(text: str, expected: str) -> None:
    assert trim(text, 20) == expected


def test_repeated_and_empty_passages_are_dropped() -> None:
    first = Passage("a.f", "a.f: Does something useful with it.")
    same_text = Passage("b.f", "b.f: Does something useful with it.")
    same_name = Passage("a.f", "a.f: Another text on the same name.")
    empty = Passage("a.g", "a.g: Short.")
    topics = [Passage("topic: t", f"T: {i} is what this piece is about.") for i in range(2)]
    assert distinct([first, same_text, same_name, empty, *topics]) == [first, *topics]


@pytest.fixture(scope="module")
def passages() -> list[Passage]:
    """Everything; reading it takes seconds."""
    return standard_library()


def test_the_standard_library_gives_thousands_of_passages(passages: list[Passage]) -> None:
    assert len(passages) > 3_000
    names = {passage.name for passage in passages}
    assert {"datetime.datetime.strptime", "str.strip", "json", "topic: yield"} <= names
    assert max(len(passage.text) for passage in passages) < PIECE_CHARACTERS + 200
    assert len({passage.text for passage in passages}) == len(passages)


def test_a_limit_spreads_over_everything(passages: list[Passage]) -> None:
    some = spread(passages, 100)
    assert len(some) == 100
    position = {passage: i for i, passage in enumerate(passages)}
    positions = [position[passage] for passage in some]
    assert positions == sorted(positions)
    assert positions[-1] > 0.98 * len(passages)
    assert spread(passages, 10**9) == passages
    with pytest.raises(ValueError, match="at least 1, got 0"):
        spread(passages, 0)


def test_modules_and_a_limit_can_be_chosen(passages: list[Passage]) -> None:
    found = standard_library("datetime", "xml.dom", limit=10**9)
    names = [passage.name for passage in found]
    assert {"datetime.datetime.strptime", "xml.dom"} <= set(names)
    assert {name.split(".")[0] for name in names} == {"datetime", "xml"}
    assert not [name for name in names if name.startswith("xml.sax")]
    assert set(found) < set(passages)


def test_another_process_reads_the_same_and_imports_no_surprises(passages: list[Passage]) -> None:
    program = (
        "import sys, rag_demo; found = rag_demo.standard_library();"
        "print(*{'antigravity', 'this', 'turtle', 'idlelib', 'test'} & set(sys.modules));"
        "print(*map(repr, found), sep='\\n')"
    )
    folder = Path(rag_demo.__file__).parents[1]
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder
    )
    surprises, *found = run.stdout.splitlines()
    assert surprises == ""
    # pytest hangs its own functions into the hooks of sys and threading.
    here = [repr(passage) for passage in passages if not passage.name.endswith("hook")]
    assert [text for text in found if "hook', text=" not in text] == here

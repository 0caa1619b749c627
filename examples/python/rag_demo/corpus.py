"""The corpus: the documentation of the Python that runs this program.

Thousands of real English passages that lie wherever Python does.
"""

from collections.abc import Iterable
from itertools import chain

from rag_demo.passage import Passage
from rag_demo.runtime_docstrings import runtime_docstrings
from rag_demo.source_docstrings import source_docstrings
from rag_demo.topics import topic_passages

# Less than this after the name says nothing that can be asked for.
MIN_CHARACTERS = 20


def standard_library(*modules: str, limit: int | None = None) -> list[Passage]:
    """Returns the passages of the standard library; the same ones on every run.

    With `modules`, such as "datetime" or "xml.dom", only what is in these. `limit` keeps that
    many, spread evenly, so that a small corpus still touches every subject.
    """
    everything = chain(source_docstrings(), runtime_docstrings(), topic_passages())
    passages = [p for p in distinct(everything) if not modules or belongs(p.name, modules)]
    return passages if limit is None else spread(passages, limit)


def spread(passages: list[Passage], limit: int) -> list[Passage]:
    """Keeps `limit` passages, evenly; all of them where there are no more."""
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    kept = min(limit, len(passages))
    return [passages[i * len(passages) // kept] for i in range(kept)]


def belongs(name: str, modules: Iterable[str]) -> bool:
    """Says whether `name` is one of `modules` or within one."""
    return any(f"{name}.".startswith(f"{module}.") for module in modules)


def distinct(passages: Iterable[Passage]) -> list[Passage]:
    """Drops empty passages and repeated texts, and keeps the first passage of each object.

    Python and C twins of a module describe the same objects; a subclass often repeats the
    docstring of its base. Topics have several passages under one name.
    """
    kept: list[Passage] = []
    names: set[str] = set()
    descriptions: set[str] = set()
    for passage in passages:
        _, _, description = passage.text.partition(": ")
        seen = description in descriptions
        named = passage.name in names and not passage.name.startswith("topic: ")
        if seen or named or len(description) < MIN_CHARACTERS:
            continue
        names.add(passage.name)
        descriptions.add(description)
        kept.append(passage)
    return kept

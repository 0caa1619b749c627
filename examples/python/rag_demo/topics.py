"""The language reference that `help()` shows, in pieces of a few sentences."""

import importlib
import re
from collections.abc import Iterator, Mapping

from rag_demo.passage import Passage, trim

# Prose needs more room than a docstring before it has said something.
PIECE_CHARACTERS = 280


def topic_passages(topics: Mapping[str, str] | None = None) -> Iterator[Passage]:
    """Yields the topics (Python's own by default) in passages of whole paragraphs."""
    if topics is None:
        try:
            topics = importlib.import_module("pydoc_data.topics").topics
        except ImportError:  # some distributions leave the topics out
            return
    for topic, text in sorted(topics.items()):
        heading, *paragraphs = re.split(r"\n\s*\n", text.strip())
        heading = re.sub(r"\s*\n[*=\-~^]+\s*$", "", heading).replace('"', "")
        for piece in pieces(paragraphs):
            yield Passage(
                f"topic: {topic}", f"{trim(heading, 80)}: {trim(piece, PIECE_CHARACTERS)}"
            )


def pieces(paragraphs: list[str]) -> Iterator[str]:
    """Joins neighbouring paragraphs into pieces up to the length of a passage."""
    piece = ""
    for paragraph in paragraphs:
        if re.fullmatch(r".*\n[*=\-~^]+", paragraph.strip()):
            continue  # a heading inside the topic
        if piece and len(piece) + len(paragraph) > PIECE_CHARACTERS:
            yield piece
            piece = ""
        piece = f"{piece} {paragraph.strip()}".strip()
    if piece:
        yield piece

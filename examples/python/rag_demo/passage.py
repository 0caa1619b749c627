"""A passage: the piece of text that is embedded, found and shown."""

import re
from dataclasses import dataclass

# MiniLM was trained on pieces of about 128 tokens; the first paragraphs of a docstring say what
# a thing is for, the rest mostly lists options and would blur the vector.
MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Passage:
    """One piece of documentation and the qualified name it belongs to."""

    name: str  # "datetime.datetime.strptime", or "topic: assignment" for a language topic
    text: str  # what is embedded; starts with the name


def trim(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Returns `text` on one line, cut after a whole sentence, else a whole word, below `limit`."""
    flat = re.sub(r"\s+", " ", text).strip()
    if len(flat) <= limit:
        return flat
    head = flat[:limit]
    sentence = max(head.rfind(mark) for mark in (". ", "? ", "! "))
    if sentence >= limit // 3:
        return head[: sentence + 1]
    return head.rsplit(" ", 1)[0]

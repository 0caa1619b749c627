"""WordNet's glosses and example sentences, from the files of Debian's package wordnet-base."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets import MissingDataError

FOLDER = Path("/usr/share/wordnet")
PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")


@dataclass(frozen=True)
class Synset:
    """Words of one meaning, its definition and sentences that use one of them."""

    words: tuple[str, ...]
    definition: str
    sentences: tuple[str, ...]

    @property
    def gloss(self) -> str:
        """`words: definition`, the text that is searched."""
        return f"{', '.join(self.words)}: {self.definition}"


def parsed(line: str) -> Synset:
    """One line of a data file. The format is in wndb(5)."""
    data, _, gloss = line.partition(" | ")
    fields = data.split(" ")
    count = int(fields[3], 16)
    # Adjectives have a mark of their place behind the word: "galore(ip)".
    words = (re.sub(r"\(\w+\)$", "", word) for word in fields[4 : 4 + 2 * count : 2])
    sentences = re.findall(r'"([^"]+)"', gloss)
    definition = re.split(r';?\s*"', gloss)[0].strip().rstrip(";")
    return Synset(tuple(word.replace("_", " ") for word in words), definition, tuple(sentences))


def synsets(folder: Path = FOLDER) -> Iterator[Synset]:
    """All synsets in the order of the files. MissingDataError without the package."""
    for part in PARTS_OF_SPEECH:
        file = folder / f"data.{part}"
        if not file.is_file():
            raise MissingDataError(f"{file} is not there: apt-get install wordnet-base")
        for line in file.read_text(encoding="latin-1").splitlines():
            if not line.startswith("  "):  # the licence is on top
                yield parsed(line)

"""What a directory with a sentence encoder says about how its vectors are made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ruvector.errors import EmbedError

# In the order in which they are asked.
CONFIG_FILES = ("1_Pooling/config.json", "sentence_bert_config.json", "config.json")
_MOST_TOKENS = 1 << 16
_DEFAULT_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Recipe:
    """How tokens become one vector; it is scaled to length 1."""

    max_tokens: int
    pooling: Literal["mean", "cls"]
    query_prefix: str = ""


def onnx_files(directory: Path) -> list[Path]:
    """Where the graph of a directory may lie, likeliest first."""
    return [directory / "model.onnx", directory / "onnx" / "model.onnx"]


def has_onnx(directory: Path) -> bool:
    """Whether it is there."""
    return any(path.is_file() for path in onnx_files(directory))


def read_recipe(directory: Path) -> Recipe:
    """The recipe that sentence-transformers would use; the mean of 512 tokens where none is told.

    The truncation in tokenizer.json is of no effect: what ships there is often wrong. Raises
    EmbedError for a pooling that is neither mean nor cls.
    """
    pooling = _read(directory / "1_Pooling" / "config.json")
    limits = [
        _read(directory / "sentence_bert_config.json").get("max_seq_length"),
        _positions(_read(directory / "config.json")),
    ]
    known = [limit for limit in limits if type(limit) is int and 2 <= limit <= _MOST_TOKENS]
    return Recipe(min(known, default=_DEFAULT_TOKENS), _pooling(directory, pooling))


def _positions(config: dict[str, Any]) -> Any:
    positions = config.get("max_position_embeddings")
    # RoBERTa and its heirs count from behind the id of their padding.
    if type(positions) is int and config.get("model_type") in {"roberta", "xlm-roberta", "mpnet"}:
        return positions - 2
    return positions


def _pooling(directory: Path, config: dict[str, Any]) -> Literal["mean", "cls"]:
    chosen = {
        name.removeprefix("pooling_mode_") for name, value in config.items() if value is True
    } & {"cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens",
         "lasttoken"}  # fmt: skip
    if chosen in (set(), {"mean_tokens"}):
        return "mean"
    if chosen == {"cls_token"}:
        return "cls"
    raise EmbedError(f"{directory}: pooling by {', '.join(sorted(chosen))} is not supported")


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise EmbedError(f"{path}: {error}") from error
    if not isinstance(found, dict):
        raise EmbedError(f"{path}: expected an object, found {type(found).__name__}")
    return found

"""What is measured: a name, what runs it, and the module that drives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["stream", "many", "send", "paced", "lag"]
ALL: tuple[Part, ...] = ("stream", "many", "send", "paced", "lag")


@dataclass(frozen=True)
class Entry:
    """A client. `environment` is one of benchmarks.environments, or "node"."""

    title: str
    environment: str
    module: str
    loop: Literal["asyncio", "uvloop", "node"] = "asyncio"
    parts: tuple[Part, ...] = ALL


CONTESTANTS: dict[str, Entry] = {
    "ours": Entry("ruvector", "ours", "ours"),
    "ours-uvloop": Entry("ruvector on uvloop", "ours", "ours", "uvloop"),
    "sdk10": Entry("a2a-sdk 1.3.0", "a2a-py10", "sdk10"),
    "sdk03": Entry("a2a-sdk 0.3.26", "a2a-py03", "sdk03"),
    "js10": Entry("@a2a-js/sdk 1.3.0", "node", "js10", "node"),
    "aiohttp": Entry("aiohttp, lines and json.loads", "a2a-bench", "lines"),
    "raw": Entry("asyncio streams and json.loads", "a2a-bench", "raw", parts=("send",)),
}

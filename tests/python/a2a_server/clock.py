"""Time and ids that are the same in each run."""

from __future__ import annotations

from datetime import UTC, datetime

_START_NS = 1_795_458_234_000_000_000  # 2026-11-23T18:23:54Z


class Clock:
    """Goes on by a millisecond and a bit at each look; ``freeze`` stops it."""

    def __init__(self) -> None:
        self.ns = _START_NS
        self.is_frozen = False

    def now(self) -> int:
        if not self.is_frozen:
            self.ns += 1_000_317
        return self.ns


class Ids:
    """UUIDs that count."""

    def __init__(self) -> None:
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return f"00000000-0000-4000-8000-{self._count:012x}"


def rfc3339(ns: int, digits: int, zone: str = "Z") -> str:
    """A time with so many digits after the second."""
    seconds, rest = divmod(ns, 1_000_000_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09d}"[: len(text) + 1 + digits] + zone


def parse_rfc3339(text: str) -> int | None:
    """The time in nanoseconds, or None for what is no time."""
    body = text.removesuffix("Z").removesuffix("+00:00")
    head, _, fraction = body.partition(".")
    try:
        seconds = datetime.strptime(head, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
        return int(seconds.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0")[:9] or "0")
    except ValueError:
        return None


def http_date(ns: int) -> str:
    moment = datetime.fromtimestamp(ns // 1_000_000_000, UTC)
    return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")

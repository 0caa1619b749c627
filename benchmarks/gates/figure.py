"""What a gate measured, beside what it may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured number. `limit` is what it may be at most, or at least; None only tells."""

    name: str
    value: float
    unit: str = ""
    limit: float | None = None
    at_least: bool = False

    @property
    def passed(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        text = f"{self.name}: {self.value:,.4g}{self.unit}"
        if self.limit is None:
            return text
        bound = f"{'at least' if self.at_least else 'at most'} {self.limit:g}{self.unit}"
        return f"{text}, {bound}: {'passed' if self.passed else 'FAILED'}"

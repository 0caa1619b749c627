"""One library in a case: its worker, and what was found out about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.arrays import Setting
from benchmarks.cases import Case
from benchmarks.peers import PEERS
from benchmarks.session import Session

Point = dict[str, Any]
FAST_BUILD_SECONDS = 3.0
CEILING_SLACK = 0.002  # recalls this close to the best that a library reaches are that best


def cost(point: Point) -> float:
    return float(min([point["sweep_p50_us"], *(timing["p50_us"] for timing in point["passes"])]))


class Contestant:
    """Not thread-safe. The session is the caller's to close."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.builds: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}
        self.points: list[Point] = []

    def build(self) -> None:
        self.builds.append(self.session.ask("build"))

    @property
    def builds_fast(self) -> bool:
        return bool(self.builds[-1]["seconds"] < FAST_BUILD_SECONDS)

    def sweep(self, case: Case, k: int, settings: Iterable[Setting]) -> None:
        """One judged pass of each setting; stops once nothing is missed."""
        for setting in settings:
            found = self.session.ask(
                "accuracy",
                k=k,
                setting=setting,
                queries=1_000,
                budget=max(2.0, 3 * case.pass_seconds),
            )
            point = {"k": k, "setting": setting, "recall": found["recall"]}
            point["counters"] = found["counters"]
            self.points.append(
                {
                    **point,
                    "sweep_p50_us": found["p50_us"],
                    "passes": [],
                    "batches": [],
                    "final": False,
                }
            )
            if found["recall"] == 1.0:
                break

    def finalists(self, case: Case, keep: int) -> list[Point]:
        """The `keep` cheapest points at each recall, or at the ceiling where that is lower."""
        kept: list[Point] = []
        for k, recalls in case.recalls.items():
            points = [point for point in self.points if point["k"] == k]
            ceiling = max(point["recall"] for point in points)
            for wanted in recalls:
                floor = wanted if ceiling >= wanted else ceiling - CEILING_SLACK
                enough = [point for point in points if point["recall"] >= floor]
                kept += sorted(enough, key=cost)[:keep]
        return [point for point in self.points if any(point is one for one in kept)]

    def race(self, case: Case, point: Point, with_batch: bool) -> None:
        arguments = {"k": point["k"], "setting": point["setting"]}
        timing = self.session.ask(
            "latency", **arguments, queries=case.latency_queries, budget=case.pass_seconds
        )
        point["passes"].append(timing)
        if with_batch and self.facts["has_batch"]:
            batch = self.session.ask("batch", **arguments)
            point["batches"].append(batch["qps"])
            point["batch_recall"] = batch["recall"]

    def as_json(self) -> dict[str, Any]:
        job = self.session.job
        return {
            "peer": job.peer,
            "title": PEERS[job.peer].title,
            "threads": job.threads,
            "build_seconds": [build["seconds"] for build in self.builds],
            "rss_growth": self.builds[0]["rss_growth"],
            **self.facts,
            "points": self.points,
        }

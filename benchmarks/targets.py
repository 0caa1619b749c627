"""The claims that a run is held to: what we compare, with whom, and by how much we mean to win."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.cases import FULL
from benchmarks.report.results import Figure, Results, code_bytes_per_vector


@dataclass(frozen=True)
class Verdict:
    """One row of the table; `value` and `bound` share a unit, and None means not measured."""

    claim: str
    peer: str
    ours_text: str
    peer_text: str
    value: float | None
    bound: float
    at_least: bool
    unit: str = "x"

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def target_text(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}{self.unit}"

    def outcome_text(self) -> str:
        if self.value is None or self.met is None:
            return "no comparison"
        if self.met:
            return "met"
        gap = self.bound / self.value if self.at_least else self.value / self.bound
        return f"missed by {100 * (gap - 1):.0f} %"


Row = Callable[[Results], Verdict]


def _micros(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    text = f"{figure.best:,.0f} us"
    return text if figure.recall is None else f"{text} at {figure.recall:.4f}"


def _per_second(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    return f"{figure.best:,.0f} q/s at {figure.recall:.4f}"


def faster(
    claim: str,
    case: str,
    peer: str,
    factor: float,
    *,
    k: int = 10,
    recall: float = 0.0,
    ours: str = "ours",
    batch: bool = False,
) -> Row:
    """Our cheapest setting at `recall` against the peer's."""

    def judge(results: Results) -> Verdict:
        mine = results.search(case, ours, k, recall, batch=batch)
        other = results.search(case, peer, k, recall, batch=batch)
        text = _per_second if batch else _micros
        value = mine.ratio_to(other, larger=batch) if mine and other else None
        other_text = text(other)
        ceiling = results.best_recall(case, peer, k)
        if other is None and ceiling is not None:
            other_text = f"never reaches it (best {ceiling:.4f})"
        return Verdict(claim, peer, text(mine), other_text, value, factor, True)

    return judge


def builds_faster(claim: str, case: str, peer: str, factor: float, ours: str = "ours") -> Row:
    def judge(results: Results) -> Verdict:
        mine, other = results.build(case, ours), results.build(case, peer)
        value = mine.ratio_to(other, larger=False) if mine and other else None
        texts = [f"{figure.best:.3f} s" if figure else "-" for figure in (mine, other)]
        return Verdict(claim, peer, texts[0], texts[1], value, factor, True)

    return judge


def near_memory_speed(claim: str, case: str, recall: float, factor: float) -> Row:
    def judge(results: Results) -> Verdict:
        mine = results.search(case, "ours", 10, recall, batch=False)
        run = results.run(case, "ours")
        floor = 1e6 * run["stream_seconds"] if run and "stream_seconds" in run else None
        value = mine.median / floor if mine and floor else None
        floor_text = f"{floor:,.0f} us" if floor else "-"
        return Verdict(claim, "reading the codes", _micros(mine), floor_text, value, factor, False)

    return judge


def small_codes(claim: str, case: str, peer: str, bound: float) -> Row:
    def judge(results: Results) -> Verdict:
        sizes = []
        for name in ("ours", peer):
            run = results.run(case, name)
            sizes.append(code_bytes_per_vector(results.cases[case], run) if run else None)
        texts = [f"{size:.0f} B" if size is not None else "-" for size in sizes]
        return Verdict(claim, peer, texts[0], texts[1], sizes[0], bound, False, " B")

    return judge


def honest_account(claim: str, case: str, bound: float) -> Row:
    def judge(results: Results) -> Verdict:
        run = results.run(case, "ours")
        if run is None:
            return Verdict(claim, "memory_bytes", "-", "-", None, bound, False, " %")
        grown, account = run["rss_growth"], run["bytes"]["total"]
        texts = [f"{size / 2**20:,.1f} MiB" for size in (grown, account)]
        gap = 100 * abs(grown / account - 1)
        return Verdict(claim, "memory_bytes", texts[0], texts[1], gap, bound, False, " %")

    return judge


def loads_faster(claim: str, case: str, factor: float) -> Row:
    def judge(results: Results) -> Verdict:
        run = results.run(case, "ours")
        if run is None or "file" not in run:
            return Verdict(claim, "reading the file", "-", "-", None, factor, True)
        load, read = run["file"]["load_seconds"], run["file"]["read_seconds"]
        texts = [f"{1e3 * seconds:,.3f} ms" for seconds in (load, read)]
        return Verdict(claim, "reading the file", texts[0], texts[1], read / load, factor, True)

    return judge


ALLOWED_OFF = 0.01  # of a recall that was asked for


def keeps_promise(claim: str, case: str, asked: float) -> Row:
    """The recall found is not below the one that was asked for; no peer lets a user ask."""

    def judge(results: Results) -> Verdict:
        run = results.run(case, "ours-lists")
        points = run["points"] if run else []
        found = [point["recall"] for point in points if point["setting"] == {"recall": asked}]
        text = f"{found[0]:.4f}" if found else "-"
        value = found[0] if found else None
        bound = asked - ALLOWED_OFF
        return Verdict(f"{claim}, asked {asked}", "-", text, f"{asked}", value, bound, True, "")

    return judge


def promises_no_more(claim: str, case: str, asked: float) -> Row:
    """Nor far above, for queries of the rows' own kind: a user would pay for what nobody asked."""

    def judge(results: Results) -> Verdict:
        below = keeps_promise(claim, case, asked)(results)
        return dataclasses.replace(below, bound=asked + ALLOWED_OFF, at_least=False)

    return judge


U128 = "upstream set 100k x 128"
TARGETS: tuple[Row, ...] = (
    faster(f"{U128}, k=10, recall 1.000", "u128", "faiss-pq", 3, recall=FULL),
    faster(f"{U128}, k=10, recall 1.000", "u128", "upstream", 15, recall=FULL),
    faster(f"{U128}, k=10, recall 1.000", "u128", "faiss-flat", 25, recall=FULL),
    faster(f"{U128}, k=100, recall 1.000", "u128", "faiss-pq", 2.2, k=100, recall=FULL),
    faster(f"{U128}, k=100, recall 1.000", "u128", "upstream", 7, k=100, recall=FULL),
    faster("Gaussian 100k x 128, recall 0.998", "g128", "faiss-pq", 1.5, recall=0.998),
    faster("MiniLM 117k x 384, recall 0.999", "minilm", "turbovec", 2, recall=0.999),
    faster("MiniLM 117k x 384, recall 0.999", "minilm", "faiss-pq", 2.5, recall=0.999),
    faster("MiniLM 117k x 384, recall 0.99", "minilm", "hnswlib", 1.5, recall=0.99),
    faster("SIFT 256k x 128, recall 0.999", "sift", "faiss-pq", 2, recall=0.999),
    faster("1-bit scan alone, 100k x 128", "u128", "rabitqlib-1bit", 4, ours="ours-1bit"),
    faster("1-bit scan alone, 100k x 128", "u128", "faiss-1bit", 10, ours="ours-1bit"),
    faster("1M x 384, recall 0.99", "m1", "rabitqlib", 2.5, recall=0.99),
    near_memory_speed("1M x 384, recall 0.99", "m1", 0.99, 1.5),
    faster(f"{U128}, batch, recall 0.999", "u128", "faiss-pq", 2.5, recall=0.999, batch=True),
    faster("MiniLM, batch, recall 0.999", "minilm", "faiss-pq", 3, recall=0.999, batch=True),
    faster("exact flat batch 100k x 128", "u128", "scann-flat", 1.2, ours="ours-flat", batch=True),
    faster("exact flat batch 100k x 128", "u128", "faiss-flat", 1.0, ours="ours-flat", batch=True),
    builds_faster("build 100k x 128", "u128", "rabitqlib", 1),
    builds_faster("build 100k x 128", "u128", "upstream", 1),
    builds_faster("build 100k x 128", "u128", "hnswlib", 1),
    small_codes("codes and factors per vector, D=128", "u128", "rabitqlib-9bit", 150),
    honest_account("growth of resident memory", "u128", 10),
    honest_account("growth of resident memory, 1M x 384", "m1", 10),
    loads_faster("load 1M x 384", "m1", 100),
)

M1 = "1M x 384 mixture"
MINILM, SIFT = "MiniLM 117k x 384, queries of another kind", "SIFT 256k x 128"
LIST_TARGETS: tuple[Row, ...] = (
    *(
        faster(
            f"{U128}, recall {recall}", "u128-lists", peer, factor, recall=recall, ours="ours-lists"
        )
        for peer, recall, factor in (
            ("rabitqlib-ivf", 0.994, 2),
            ("rabitqlib-symqg", 0.994, 1),
            ("rabitqlib-hnsw", 0.994, 1),
            ("hnswlib", 0.999, 7),
            ("faiss-hnsw", 0.999, 7),
            ("usearch", 0.999, 1),
            ("scann-tree", 0.999, 1),
        )
    ),
    *(
        faster(
            f"{MINILM}, recall {recall}",
            "minilm-lists",
            peer,
            factor,
            recall=recall,
            ours="ours-lists",
        )
        for recall in (0.95, 0.99)
        for peer, factor in (
            ("rabitqlib-ivf", 2),
            ("rabitqlib-symqg", 1),
            ("rabitqlib-hnsw", 1),
            ("hnswlib", 1),
            ("faiss-hnsw", 1),
            ("usearch", 1),
            ("scann-tree", 1),
        )
    ),
    *(
        faster(f"{SIFT}, recall {recall}", "sift-lists", peer, 1, recall=recall, ours="ours-lists")
        for recall in (0.95, 0.99)
        for peer in (
            "rabitqlib-ivf",
            "rabitqlib-symqg",
            "rabitqlib-hnsw",
            "hnswlib",
            "faiss-hnsw",
            "usearch",
            "scann-tree",
        )
    ),
    faster(
        f"{MINILM}, recall 0.999", "minilm-lists", "hnswlib", 4, recall=0.999, ours="ours-lists"
    ),
    faster(f"{MINILM}, 0.999, without lists", "minilm-lists", "hnswlib", 4, recall=0.999),
    faster(f"{M1}, recall 0.99", "m1-lists", "rabitqlib-ivf", 1.3, recall=0.99, ours="ours-lists"),
    builds_faster(f"build, {M1}", "m1-lists", "rabitqlib-ivf", 4, ours="ours-lists"),
    builds_faster("build, 117k x 384", "minilm-lists", "rabitqlib-ivf", 1, ours="ours-lists"),
    builds_faster("build, 117k x 384", "minilm-lists", "hnswlib", 20, ours="ours-lists"),
    *(
        keeps_promise(claim, case, asked)
        for claim, case in (
            (U128, "u128-lists"),
            (MINILM, "minilm-lists"),
            (SIFT, "sift-lists"),
            (M1, "m1-lists"),
        )
        for asked in (0.9, 0.95, 0.99)
    ),
    *(
        promises_no_more(claim, case, asked)
        for claim, case in ((U128, "u128-lists"), (SIFT, "sift-lists"), (M1, "m1-lists"))
        for asked in (0.9, 0.95, 0.99)
    ),
)


def judge_all(results: Results, targets: Iterable[Row] = TARGETS) -> list[Verdict]:
    return [row(results) for row in targets]

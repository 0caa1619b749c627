"""The table of `python -m benchmarks.life`."""

from __future__ import annotations

from typing import Any

MOST_RECALL_LOST = 0.005
MOST_TIME = 1.2
BEGIN = "<!-- life: written by make bench-life -->"
END = "<!-- end of life -->"
STATES = {"grown": "grown 10x by `add_batch`", "halved": "then half removed"}


def is_met(point: dict[str, float]) -> bool:
    lost = point["fresh_recall"] - point["changed_recall"]
    return lost <= MOST_RECALL_LOST and point["ratio"] <= MOST_TIME


def measured(results: dict[str, Any]) -> str:
    machine = results["machine"]
    return (
        f"Measured by `make bench-life` on {machine['cpu']}, {machine['cores']} cores, "
        f"{results['date']}. Beside it is an index built at once from the same rows."
    )


def lost(place: tuple[str, dict[str, float]]) -> float:
    _, point = place
    return point["fresh_recall"] - point["changed_recall"]


def ratio(place: tuple[str, dict[str, float]]) -> float:
    _, point = place
    return point["ratio"]


def summary(results: dict[str, Any]) -> str:
    """The worst of each set and state; all figures are in the document."""
    target = f"recall - {MOST_RECALL_LOST}, {MOST_TIME}x"
    lines = [
        measured(results),
        "",
        f"| rows | index | most recall lost | most time | met ({target}) |",
        "|---|---|---|---|---|",
    ]
    for title in dict.fromkeys(part["title"] for part in results["parts"]):
        for state, name in STATES.items():
            places = [
                (part["order"], point)
                for part in results["parts"]
                if part["title"] == title
                for point in part[state]["points"]
            ]
            least, slowest = max(places, key=lost), max(places, key=ratio)
            lines.append(
                f"| {title} | {name} "
                f"| {lost(least):.4f} ({least[0]}, asked {least[1]['asked']}: "
                f"{least[1]['changed_recall']:.4f}, {least[1]['fresh_recall']:.4f}) "
                f"| {ratio(slowest):.2f}x ({slowest[0]}, asked {slowest[1]['asked']}: "
                f"{slowest[1]['changed_recall']:.4f} at {slowest[1]['changed_us']:.0f} us, "
                f"{slowest[1]['fresh_recall']:.4f} at {slowest[1]['fresh_us']:.0f} us) "
                f"| {sum(is_met(point) for _, point in places)} of {len(places)} |"
            )
    return "\n".join(lines)


def table(results: dict[str, Any]) -> str:
    lines = [
        measured(results),
        "",
        "| rows | order | index | lists | recall asked | recall@10 | p50 | ratio of times "
        f"| target: recall - {MOST_RECALL_LOST}, {MOST_TIME}x |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for part in results["parts"]:
        for state, title in STATES.items():
            figures = part[state]
            lines += [
                f"| {part['title']} | {part['order']} | {title} "
                f"| {figures['lists']}, built at once {figures['fresh_lists']} "
                f"| {point['asked']} "
                f"| {point['changed_recall']:.4f}, {point['fresh_recall']:.4f} "
                f"| {point['changed_us']:.0f} us, {point['fresh_us']:.0f} us "
                f"| {point['ratio']:.2f}x | {'met' if is_met(point) else 'missed'} |"
                for point in figures["points"]
            ]
    return "\n".join(lines)


def growth_table(results: dict[str, Any]) -> str:
    lines = [
        "| rows | order | growth from a tenth | longest call | build at once | removal of half |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {part['title']} | {part['order']} | {part['growth']['seconds']:.1f} s "
        f"| {part['growth']['longest_call_seconds']:.2f} s | {part['build_seconds']:.1f} s "
        f"| {part['removal']['seconds']:.1f} s |"
        for part in results["parts"]
    ]
    return "\n".join(lines)


def document(results: dict[str, Any]) -> str:
    return f"""# Lists through growth and removal

{table(results)}

Rows come at random, or cluster by cluster, so that late rows lie where early lists are not.
Searches run on one core, one query a call; both indexes take turns, and ratios are medians over
pairs of passes that follow each other.

{growth_table(results)}
"""

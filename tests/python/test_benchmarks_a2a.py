"""The benchmark of clients of agents: frames, verdicts and tables, without measuring."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.a2a import frames, report
from benchmarks.a2a.contestants import CONTESTANTS
from benchmarks.a2a.verdicts import judge_all


def bodies(blocks: list[bytes]) -> list[Any]:
    """The data of server-sent events in HTTP chunks, by the rules of both formats."""
    rest = b"".join(blocks)
    found: list[Any] = []
    while True:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = rest[: int(size, 16)], rest[int(size, 16) :]
        assert rest.startswith(b"\r\n")
        rest = rest[2:]
        if not body:
            assert not rest
            return found
        assert body.startswith(b"data: ")
        assert body.endswith(b"\n\n")
        found.append(json.loads(body[6:]))


@pytest.mark.parametrize("dialect", ["10", "03"])
def test_a_stream_has_as_many_events_as_it_says_and_each_has_the_id_of_the_request(
    dialect: str,
) -> None:
    request_id = b'"abc"'
    blocks = frames.stream(dialect, 100, len(request_id))
    found = bodies([block.replace(b"@" * len(request_id), request_id) for block in blocks])
    assert len(found) == 100
    assert {answer["id"] for answer in found} == {"abc"}
    last = found[-1]["result"]
    status = last["statusUpdate"]["status"] if dialect == "10" else last["status"]
    assert status["state"] == frames.STATES[dialect]["completed"]


def test_an_answer_says_its_length() -> None:
    head, _, body = frames.single("10", 3).replace(b"@@@", b'"x"').partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["id"] == "x"


def results(**parts: Any) -> dict[str, Any]:
    return {
        "machine": {"cpu": "a CPU", "cores": 2},
        "date": "2026-01-01",
        "missing": {},
        "sizes": {"streams": 200, "short": 102},
        "parts": parts,
    }


def test_verdicts_compare_medians_and_name_what_is_missing() -> None:
    ours = [{"events": 1_000, "seconds": 0.01, "cpu": 0.003}]
    peer = [{"events": 1_000, "seconds": seconds, "cpu": 0.1} for seconds in (0.1, 0.2, 0.9)]
    found = judge_all(results(stream={"ours": ours, "sdk10": peer}))
    assert [verdict.value for verdict in found] == [pytest.approx(20), None, None, None, 3]
    assert found[0].outcome_text() == "met"
    assert found[1].outcome_text() == "no comparison"


def test_searches_beside_a_stream_are_judged_by_the_slowest_of_their_own_round() -> None:
    run = {"stream": 0.4, "search": 0.3, "both_searches": 0.5, "slowest": 0.5, "together": 0.6}
    runs = [{**run, "busy_ms": 20.0, "idle_ms": 2.0}]
    found = judge_all(results(beside={"uvloop": {"runs": runs, "io_threads": 1, "events": 1_000}}))
    assert [verdict.value for verdict in found] == pytest.approx([1.2, 18, 1])
    assert [verdict.met for verdict in found] == [True, False, True]


def test_the_clients_table_goes_between_its_marks_and_says_what_is_missing() -> None:
    send = [{"seconds": 0.1, "cpu": 0.05, "calls": 1_000, "p50_us": 100.0, "p99_us": 300.0}]
    found = results(send={"ours": send, "raw": send})
    found["missing"] = {"js10": "node is not installed"}
    page = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
    renewed = report.with_verdicts(page, found)
    assert "old" not in renewed
    assert "Not measured here: @a2a-js/sdk 1.3.0." in renewed
    assert "| 100 us | 100 us | 100 us | <= 120 us | met |" in renewed
    assert report.with_verdicts(renewed, found) == renewed
    document = report.document(found)
    assert "- @a2a-js/sdk 1.3.0: node is not installed" in document
    assert f"| {CONTESTANTS['ours'].title} | - | - | - | - | - | 100 | 300 | 50 |" in document

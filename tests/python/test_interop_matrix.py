"""How the matrix of real agents is printed; the agents themselves are for `make interop`."""

from __future__ import annotations

from tests.interop.matrix import Cell, Row, table


def test_a_cell_points_to_its_reason_and_equal_reasons_share_a_number() -> None:
    missing, failed = Cell("missing", "npm is not installed"), Cell("failed", "ValueError: no")
    rows = [
        Row("first", "JSONRPC", {"card": Cell("ok"), "send": failed}),
        Row("second", "HTTP+JSON", {"card": missing, "send": missing}),
    ]
    lines = table(rows, ["card", "send"]).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:4]]
    assert cells[0] == ["agent", "binding", "card", "send"]
    assert cells[2] == ["first", "JSONRPC", "ok", "FAILED [1]"]
    assert cells[3] == ["second", "HTTP+JSON", "? [2]", "? [2]"]
    assert lines[-2:] == ["[1] ValueError: no", "[2] npm is not installed"]

"""`ruvector a2a card`, run as a user runs it, against the test server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.python.a2a_server.process import Peer, running

MY_ID = "bb42f5a06cec4f36e3e9173236e88cdba7aa1a7bf737f6c6c372aa4c9268573e"


def card(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "ruvector", "a2a", "card", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )
    assert done.returncode == status, (done.stdout, done.stderr)
    return done


def refusal(*arguments: object) -> str:
    done = card(*arguments, status=1)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def keys_of(peer: Peer, directory: Path) -> Path:
    path = directory / "keys.json"
    path.write_text(json.dumps(peer.jwks()))
    return path


def test_a_card_signed_by_rvagent_is_shown(rvagent_peer: Peer) -> None:
    found = json.loads(card(rvagent_peer.url, "--json").stdout)
    assert found["card"]["name"] == "rvagent-peer"
    assert found["card"]["agent_id"] == MY_ID
    assert found["card"]["verification"]["method"] == "ed25519"
    assert {"name", "url", "skills"} <= set(found["card"]["verification"]["covered_fields"])
    assert found["protocol"] == "rvagent"
    assert "raw" not in found["card"]
    shown = card(rvagent_peer.url, "--agent-id", MY_ID).stdout
    for text in ("rvagent-peer", MY_ID, "echo, slow, fail", "ed25519, pinned", "signed fields"):
        assert text in shown


@pytest.mark.parametrize("dialect", ["0.3", "1.0"])
def test_a_card_signed_by_jws_is_shown_with_its_form(
    a2a_servers: Callable[[str], Peer], tmp_path: Path, dialect: str
) -> None:
    peer = a2a_servers(dialect)
    keys = keys_of(peer, tmp_path)
    found: Any = json.loads(card(peer.url, "--card-keys", keys, "--json").stdout)
    why = found["card"]["verification"]
    assert why["method"] == "jws"
    assert why["key_id"] == peer.jwks()["keys"][0]["kid"]
    assert why["canonical_form"]
    assert found["protocol"] == dialect
    shown = card(peer.url, "--card-keys", keys).stdout
    assert "jws" in shown
    assert why["canonical_form"] in shown


def test_the_form_that_matched_is_the_one_that_was_signed(tmp_path: Path) -> None:
    with running(dialect="1.0", sign="raw-jcs") as peer:
        keys = keys_of(peer, tmp_path)
        found = json.loads(card(peer.url, "--card-keys", keys, "--json").stdout)
    assert found["card"]["verification"]["canonical_form"] == "raw-jcs"


def test_a_card_that_was_changed_is_refused(
    rvagent_peer: Peer, peer_1_0: Peer, tmp_path: Path
) -> None:
    rvagent_peer.fault("card_tampered", on="card", path="name", value="somebody else", times=9)
    assert "signature" in refusal(rvagent_peer.url)
    assert "signature" in refusal(rvagent_peer.url, "--allow-unsigned")
    keys = keys_of(peer_1_0, tmp_path)
    peer_1_0.fault("card_tampered", on="card", path="name", value="somebody else", times=9)
    assert "signature" in refusal(peer_1_0.url, "--card-keys", keys, "--json")


def test_a_card_of_somebody_else_is_refused(rvagent_peer: Peer) -> None:
    assert MY_ID in refusal(rvagent_peer.url, "--agent-id", "0" * 64)


def test_an_unsigned_card_is_shown_only_when_that_is_wanted() -> None:
    with running(dialect="1.0", sign="none") as peer:
        assert "sign" in refusal(peer.url)
        found = json.loads(card(peer.url, "--allow-unsigned", "--json").stdout)
    assert found["card"]["verification"] == {"method": "none"}


def test_no_agent_and_wrong_usage_are_told(tmp_path: Path) -> None:
    assert "127.0.0.1" in refusal("http://127.0.0.1:1")
    assert "nonsense" in refusal("nonsense")
    missing = refusal("http://127.0.0.1:1", "--card-keys", tmp_path / "missing.json")
    assert "missing.json" in missing
    assert "error:" in card("http://127.0.0.1:1", "--agent-id", "12", status=2).stderr
    assert "error:" in card(status=2).stderr

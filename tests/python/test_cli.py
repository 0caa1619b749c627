"""The command `ruvector`, run as a user runs it: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ruvector

KEY = ("hot", "docs")
PRIVATE = bytes(range(32))
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "lake"


def command(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ruvector", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, **environment},
    )


def as_json(*arguments: object, status: int = 0) -> Any:
    done = command(*arguments, "--json")
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def save(directory: Path, *, signed: bool = False, metric: str = "l2", rows: int = 300) -> str:
    """Saves a snapshot there; gives the signer's public key, if it is signed."""
    builder = ruvector.RuLake.builder().metric(metric)  # type: ignore[arg-type]
    lake = (builder.signing_key(PRIVATE) if signed else builder).build()
    backend = ruvector.LocalBackend(KEY[0])
    vectors = np.random.default_rng(3).standard_normal((rows, 32), dtype=np.float32)
    backend.upsert(KEY[1], ids=np.arange(rows) + 1_000, vectors=vectors)
    lake.register_backend(backend)
    lake.search_one("docs", vectors[0], k=1)
    lake.save_cache_to_dir(KEY, directory)
    return ruvector.RuLakeBundle.read_from_dir(directory).public_key or ""


def index_of(directory: Path) -> Path:
    name = ruvector.RuLakeBundle.read_from_dir(directory).index_file
    assert name is not None
    return directory / name


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def edit(directory: Path, old: str, new: str) -> None:
    path = directory / ruvector.RuLakeBundle.FILE_NAME
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# --- the command itself


def test_the_console_script_is_installed_and_says_its_version() -> None:
    script = Path(sysconfig.get_path("scripts")) / "ruvector"
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"ruvector {ruvector.__version__}"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("lake",),
        ("lake", "melt", "."),
        ("lake", "stats"),
        ("lake", "verify", "--key", "12", "."),
        ("lake", "warm", "--searches", "0", "."),
        ("lake", "stats", "no such directory"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_is_wrong(arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert "error:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("action", ["stats", "verify"])
def test_a_directory_without_bundles_is_a_failure_that_is_told(action: str, tmp_path: Path) -> None:
    done = command("lake", action, tmp_path)
    assert done.returncode == 1
    assert "no bundle in it or below it" in done.stderr


def test_output_that_nobody_reads_is_no_failure(tmp_path: Path) -> None:
    save(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "ruvector", "lake", "stats", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


# --- stats


def test_stats_tells_what_a_snapshot_holds(tmp_path: Path) -> None:
    public_key = save(tmp_path, signed=True, metric="cosine")
    (found,) = as_json("lake", "stats", tmp_path)
    bundle = ruvector.RuLakeBundle.read_from_dir(tmp_path)
    assert found["kind"] == "snapshot"
    assert found["error"] is None
    assert found["rows"] == 300
    assert found["metric"] == "cosine"
    assert found["signed_by"] == public_key
    assert found["file_bytes"] == index_of(tmp_path).stat().st_size
    assert found["regions"]["ids"] == 300 * 8
    assert found["regions"]["rows"] >= 300 * 32 * 4
    assert sum(found["regions"].values()) <= found["file_bytes"]
    assert found["bundle"]["rvf_witness"] == bundle.rvf_witness

    shown = command("lake", "stats", tmp_path)
    assert shown.returncode == 0
    for text in (bundle.rvf_witness, public_key, "local://hot/docs", "300", "seconds"):
        assert text in shown.stdout


def test_stats_lists_a_tree_and_fails_when_one_of_it_is_damaged(tmp_path: Path) -> None:
    save(tmp_path / "a")
    save(tmp_path / "deep" / "b", signed=True)
    save(tmp_path / "c")
    edit(tmp_path / "c", '"dim": 32', '"dim": 33')
    found = as_json("lake", "stats", tmp_path, status=1)
    assert [Path(one["directory"]).name for one in found] == ["a", "c", "b"]
    assert [one["kind"] for one in found] == ["snapshot", "damaged", "snapshot"]
    assert "WitnessMismatch" in found[1]["error"]
    shown = command("lake", "stats", tmp_path)
    assert shown.returncode == 1
    assert "damaged" in shown.stdout
    assert "WitnessMismatch" in shown.stderr


def test_stats_of_a_published_bundle_has_no_rows(tmp_path: Path) -> None:
    bundle = ruvector.RuLakeBundle(
        data_ref="s3://b/c", dim=8, rotation_seed=42, rerank_factor=20, generation=7
    )
    bundle.write_to_dir(tmp_path)
    (found,) = as_json("lake", "stats", tmp_path)
    assert (found["kind"], found["rows"], found["bundle"]["generation"]) == ("bundle", None, 7)


def test_text_in_a_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    bundle = ruvector.RuLakeBundle(
        data_ref="x\x1b[2J[bold]\n\u202e", dim=8, rotation_seed=1, rerank_factor=1, generation="g"
    )
    bundle.write_to_dir(tmp_path / "one")
    shown = command("lake", "stats", tmp_path)
    verified = command("lake", "verify", tmp_path)
    one = command("lake", "stats", tmp_path / "one")
    for output in (shown.stdout, verified.stdout, one.stdout):
        assert "\x1b" not in output
        assert "\u202e" not in output
    assert r"x\x1b[2J[bold]\n\u202e" in one.stdout


def test_no_link_is_followed_out_of_the_tree(tmp_path: Path) -> None:
    save(tmp_path / "outside")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    assert command("lake", "stats", tmp_path / "tree").returncode == 1


# --- verify


def checks_of(*arguments: object, status: int) -> dict[str, bool]:
    (result,) = as_json("lake", "verify", *arguments, status=status)
    assert result["passed"] is (status == 0)
    return {check["name"]: check["passed"] for check in result["checks"]}


def test_verify_passes_what_was_saved_under_every_metric(tmp_path: Path) -> None:
    for metric in ("l2", "ip", "cosine"):
        save(tmp_path / metric, metric=metric)
    results = as_json("lake", "verify", tmp_path)
    assert [result["passed"] for result in results] == [True, True, True]
    names = [check["name"] for check in results[0]["checks"]]
    assert names == ["bundle", "witness", "signature", "index"]


def test_verify_finds_a_flipped_bit_anywhere_in_the_index(tmp_path: Path) -> None:
    save(tmp_path)
    path = index_of(tmp_path)
    for offset in (0, path.stat().st_size // 2, path.stat().st_size - 1):
        flip(path, offset)
        checks = checks_of(tmp_path, status=1)
        assert checks == {"bundle": True, "witness": True, "signature": True, "index": False}
        flip(path, offset)
    assert checks_of(tmp_path, status=0)["index"]


def test_verify_finds_a_swapped_and_a_missing_index(tmp_path: Path) -> None:
    save(tmp_path / "a")
    save(tmp_path / "b", rows=301)
    index_of(tmp_path / "a").write_bytes(index_of(tmp_path / "b").read_bytes())
    assert not checks_of(tmp_path / "a", status=1)["index"]
    index_of(tmp_path / "b").unlink()
    assert not checks_of(tmp_path / "b", status=1)["index"]


def test_verify_finds_a_bundle_that_was_changed(tmp_path: Path) -> None:
    save(tmp_path, signed=True)
    edit(tmp_path, '"pii_policy": null', '"pii_policy": "none at all"')
    checks = checks_of(tmp_path, status=1)
    assert checks["witness"]
    assert not checks["signature"]
    edit(tmp_path, '"dim": 32', '"dim": 33')
    assert not checks_of(tmp_path, status=1)["witness"]
    (tmp_path / ruvector.RuLakeBundle.FILE_NAME).write_text("{")
    assert checks_of(tmp_path, status=1) == {"bundle": False}


def test_verify_with_a_key_wants_the_signature_of_its_holder(tmp_path: Path) -> None:
    public_key = save(tmp_path / "signed", signed=True)
    save(tmp_path / "plain")
    file = tmp_path / "trusted.key"
    file.write_text(public_key + "\n")
    assert checks_of("--key", public_key, tmp_path / "signed", status=0)["signature"]
    assert checks_of("--key", file, tmp_path / "signed", status=0)["signature"]
    assert not checks_of("--key", "00" * 32, tmp_path / "signed", status=1)["signature"]
    both = ("--key", "00" * 32, "--key", public_key)
    assert checks_of(*both, tmp_path / "signed", status=0)["signature"]
    assert not checks_of("--key", public_key, tmp_path / "plain", status=1)["signature"]


def test_an_index_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "a")
    save(tmp_path / "b")
    name = index_of(tmp_path / "a").name
    edit(tmp_path / "a", f'"{name}"', f'"../b/{name}"')
    assert not checks_of(tmp_path / "a", status=1)["index"]
    (found,) = as_json("lake", "stats", tmp_path / "a", status=1)
    assert found["kind"] == "damaged"


@pytest.mark.parametrize("action", ["stats", "verify"])
def test_a_snapshot_of_the_original_needs_lenient(action: str) -> None:
    directory = GOLDEN / "snapshot_sparse_ids"
    assert command("lake", action, directory).returncode == 1
    assert command("lake", action, "--lenient", directory).returncode == 0


# --- warm


def test_warm_serves_a_snapshot_and_tells_how_fast(tmp_path: Path) -> None:
    save(tmp_path)
    warmth = as_json("lake", "warm", tmp_path, "--searches", 20)
    assert (warmth["rows"], warmth["dim"], warmth["searches"]) == (300, 32, 20)
    assert 0 < warmth["warm_ms"] < 10_000
    assert 0 < warmth["first_search_ms"] < 10_000
    assert warmth["mapped_bytes"] is None or warmth["mapped_bytes"] >= 0
    shown = command("lake", "warm", tmp_path)
    assert shown.returncode == 0
    assert "300 x 32" in shown.stdout


def test_warm_refuses_a_damaged_head_and_a_bundle_alone(tmp_path: Path) -> None:
    save(tmp_path / "damaged")
    flip(index_of(tmp_path / "damaged"), 70)
    lake = ruvector.RuLakeBundle(
        data_ref="x", dim=8, rotation_seed=42, rerank_factor=20, generation=7
    )
    lake.write_to_dir(tmp_path / "bundle")
    for name in ("damaged", "bundle"):
        done = command("lake", "warm", tmp_path / name)
        assert done.returncode == 1
        assert str(tmp_path / name) in done.stderr
        assert "Traceback" not in done.stderr

"""The runner of CI steps counts what failed and shows why."""

from pathlib import Path

import pytest

from run_steps import main


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Makefile").write_text("good:\n\t@echo fine\nbad:\n\t@echo reason; exit 3\n")
    monkeypatch.chdir(tmp_path)


def test_all_steps_passing_is_success(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["good", "good"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"


def test_a_failed_step_shows_its_log_and_later_steps_still_run(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["bad", "good"]) == 1
    lines = capfd.readouterr().out.splitlines()
    assert any("reason" in line for line in lines)
    assert lines[-1] == "1 passed, 1 failed"

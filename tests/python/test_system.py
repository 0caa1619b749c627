"""What differs by operating system. Windows's own module runs on a stand-in for msvcrt here."""

from __future__ import annotations

import errno
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import ruvector._system.posix as posix_module

WINDOWS_SOURCE = Path(posix_module.__file__).with_name("windows.py")


class StandIn(ModuleType):
    """msvcrt with locks of its own: one per file, of its first byte, and no waiting."""

    LK_UNLCK, LK_NBLCK = 0, 2

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.held: set[int] = set()
        self.refused = 0

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        assert (os.lseek(descriptor, 0, os.SEEK_CUR), count) == (0, 1)
        inode = os.fstat(descriptor).st_ino
        if mode == self.LK_UNLCK:
            self.held.remove(inode)
        elif inode in self.held:
            self.refused += 1
            raise OSError(errno.EACCES, "locked")
        else:
            self.held.add(inode)


def windows_module(monkeypatch: pytest.MonkeyPatch, msvcrt: ModuleType) -> Any:
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setattr(os, "O_BINARY", 0, raising=False)
    spec = importlib.util.spec_from_file_location("windows_under_test", WINDOWS_SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "platform", "win32")
        spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["posix", "windows"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "posix":
        return posix_module
    return windows_module(monkeypatch, StandIn())


def test_both_systems_have_the_same_names(system: Any) -> None:
    import ruvector._system

    for name in ruvector._system.__all__:
        assert hasattr(system, name), name


def test_one_at_a_time_holds_a_lock(system: Any, tmp_path: Path) -> None:
    held, entered = threading.Event(), threading.Event()
    path = tmp_path / "lock"

    def wait_for_it() -> None:
        held.wait()
        with path.open("ab") as file, system.exclusive_lock(file):
            entered.set()

    other = threading.Thread(target=wait_for_it)
    other.start()
    with path.open("ab") as file, system.exclusive_lock(file):
        held.set()
        assert not entered.wait(0.3)
    other.join()
    assert entered.is_set()
    with path.open("ab") as file, system.exclusive_lock(file):
        pass


def test_a_lock_that_cannot_be_had_is_an_error_on_windows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = StandIn()

    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, "no file")

    monkeypatch.setattr(broken, "locking", refuse)
    module = windows_module(monkeypatch, broken)
    with (
        (tmp_path / "lock").open("ab") as file,
        pytest.raises(OSError, match="no file"),
        module.exclusive_lock(file),
    ):
        pass


def test_a_lock_goes_with_a_process_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = """
import os, sys
from ruvector._system import exclusive_lock
file = open(sys.argv[1], "ab")
exclusive_lock(file).__enter__()
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    with path.open("ab") as file, posix_module.exclusive_lock(file):
        pass


def test_bytes_are_read_from_where_they_lie(system: Any, tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(bytes(range(100)))
    descriptor = system.open_below(os.path.realpath(tmp_path), ["bytes"])
    try:
        assert system.read_at(descriptor, 5, 90) == bytes(range(90, 95))
        assert system.read_at(descriptor, 50, 95) == bytes(range(95, 100))
        assert system.read_at(descriptor, 5, 100) == b""
    finally:
        os.close(descriptor)


def test_links_are_not_followed(system: Any, tmp_path: Path) -> None:
    root = Path(os.path.realpath(tmp_path)) / "root"
    (root / "inner").mkdir(parents=True)
    (root / "inner" / "file").write_bytes(b"inner")
    (root / "folder_link").symlink_to(root / "inner")
    (root / "file_link").symlink_to(root / "inner" / "file")
    os.close(system.open_below(os.fspath(root), ["inner", "file"]))
    for parts in (["file_link"], ["folder_link", "file"]):
        with pytest.raises(OSError, match=r"symbolic links|Not a directory"):
            system.open_below(os.fspath(root), parts)
    with pytest.raises(FileNotFoundError):
        system.open_below(os.fspath(root), ["inner", "missing"])


def test_a_directory_is_synced(system: Any, tmp_path: Path) -> None:
    system.sync_directory(tmp_path)

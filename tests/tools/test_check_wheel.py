"""The wheel check refuses a wheel that lacks the stable ABI, is too large or holds build files."""

import zipfile
from pathlib import Path

from check_wheel import EXPECTED, MAX_BYTES, faults

GOOD_NAME = "ruvector-0.1.0-cp311-abi3-manylinux_2_34_x86_64.whl"


def write_wheel(folder: Path, name: str, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / name, "w") as wheel:
        for member, data in members.items():
            wheel.writestr(member, data)


def test_a_complete_stable_abi_wheel_is_accepted(tmp_path: Path) -> None:
    write_wheel(tmp_path, GOOD_NAME, dict.fromkeys(EXPECTED, b""))
    assert faults(tmp_path) == []


def test_a_wheel_of_one_python_version_is_refused(tmp_path: Path) -> None:
    write_wheel(tmp_path, "ruvector-0.1.0-cp311-cp311-linux.whl", dict.fromkeys(EXPECTED, b""))
    assert "lacks cp311-abi3" in faults(tmp_path)[0]


def test_a_large_wheel_is_refused(tmp_path: Path) -> None:
    members = dict.fromkeys(EXPECTED, b"") | {"ruvector/big": bytes(MAX_BYTES + 1)}
    write_wheel(tmp_path, GOOD_NAME, members)
    assert f"the limit is {MAX_BYTES}" in faults(tmp_path)[0]


def test_headers_and_missing_modules_are_named(tmp_path: Path) -> None:
    members = dict.fromkeys(EXPECTED - {"ruvector/py.typed"}, b"") | {"include/x.h": b""}
    write_wheel(tmp_path, GOOD_NAME, members)
    found = "\n".join(faults(tmp_path))
    assert "ruvector/py.typed is missing" in found
    assert "include/x.h does not belong in a wheel" in found


def test_a_shared_library_beside_the_module_is_refused(tmp_path: Path) -> None:
    members = dict.fromkeys(EXPECTED, b"") | {"ruvector.libs/libcrypto-1a2b.so.3": b""}
    write_wheel(tmp_path, GOOD_NAME, members)
    assert "libcrypto-1a2b.so.3 does not belong in a wheel" in faults(tmp_path)[0]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "0 wheels" in faults(tmp_path)[0]

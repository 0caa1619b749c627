"""The layer check finds each kind of wrong arrow in a small tree of its own."""

from pathlib import Path

import pytest

from check_layers import violations


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


GOOD = {
    "include/ruvector/base/errors.h": "#include <string>\n",
    "include/ruvector/index/index.h": '#include "ruvector/base/errors.h"\n',
    "src/base/parallel.h": "",
    "src/kernels/kernels.h": "#include <cstddef>\n",
    "src/index/engine.cc": '#include "ruvector/index/index.h"\n#include "kernels/kernels.h"\n'
    '#include "base/parallel.h"\n',
    "python/bindings/arrays.h": '#include "ruvector/base/errors.h"\n',
    "python/bindings/module.cc": '#include "arrays.h"\n#include "ruvector/index/index.h"\n',
}


def test_includes_along_the_arrows_are_accepted(tmp_path: Path) -> None:
    assert violations(write(tmp_path, GOOD)) == []


@pytest.mark.parametrize(
    ("name", "include", "message"),
    [
        ("src/base/thing.cc", "kernels/kernels.h", "base may not include kernels"),
        ("src/kernels/scalar.cc", "ruvector/index/index.h", "kernels may not include index"),
        ("include/ruvector/index/x.h", "base/parallel.h", "public header includes the private"),
        ("include/ruvector/base/x.h", "ruvector/index/index.h", "base may not include index"),
        ("python/bindings/x.cc", "base/parallel.h", "sees public headers only"),
        ("python/bindings/x.cc", "kernels/kernels.h", "bindings may not include kernels"),
        ("src/index/x.cc", "index/absent.h", "is no file of ours"),
        ("src/misplaced/x.cc", "base/parallel.h", "lies in no room"),
    ],
)
def test_an_include_against_the_arrows_is_named(
    tmp_path: Path, name: str, include: str, message: str
) -> None:
    root = write(tmp_path, {**GOOD, name: f'#include "{include}"\n'})
    found = violations(root)
    assert len(found) == 1
    assert found[0].startswith(name)
    assert message in found[0]

"""Notebooks as they are committed: without outputs, so that a change shows what was changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "docs" / "notebooks").glob("*.ipynb"))
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def strip(text: str) -> str:
    """The same notebook without outputs, counts and what names a machine."""
    notebook: dict[str, Any] = json.loads(text)
    notebook["metadata"] = KERNEL
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell.update(execution_count=None, outputs=[])
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"

"""`readme_lines.py README.md`: runs the Python blocks of a page in turn, in an empty folder."""

import os
import re
import sys
import tempfile
from pathlib import Path


def main() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", Path(sys.argv[1]).read_text("utf-8"), re.M | re.S)
    if not blocks:
        raise SystemExit(f"{sys.argv[1]}: no block of Python")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for block in blocks:
            exec(compile(block, "README.md", "exec"), {})
    print(f"{len(blocks)} blocks of {sys.argv[1]} ran")


if __name__ == "__main__":
    main()

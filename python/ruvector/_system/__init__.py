"""What differs by operating system: the same names in one module for each."""

import sys

if sys.platform == "win32":
    from ruvector._system.windows import (
        O_BINARY,
        exclusive_lock,
        open_below,
        read_at,
        sync_directory,
    )
else:
    from ruvector._system.posix import (
        O_BINARY,
        exclusive_lock,
        open_below,
        read_at,
        sync_directory,
    )

__all__ = ["O_BINARY", "exclusive_lock", "open_below", "read_at", "sync_directory"]

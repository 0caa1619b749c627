"""What the figures were measured on."""

import os
import platform
from pathlib import Path


def cores() -> int:
    return len(os.sched_getaffinity(0))


def _field(path: str, key: str) -> str:
    file = Path(path)
    if file.is_file():
        for line in file.read_text().splitlines():
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    return "unknown"


def describe() -> dict[str, str | int]:
    """Model, cores and memory; nothing that names the host."""
    return {
        "cpu": _field("/proc/cpuinfo", "model name"),
        "cpu_family": f"{_field('/proc/cpuinfo', 'cpu family')}/{_field('/proc/cpuinfo', 'model')}",
        "cores": cores(),
        "memory": _field("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }

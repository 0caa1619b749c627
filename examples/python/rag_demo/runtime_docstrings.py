"""Docstrings of what is written in C: they exist only in the running interpreter."""

import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

from rag_demo.passage import Passage, trim

# Modules that are C code or wrap it, harmless to import. One that this build of Python lacks
# (curses on Windows, say) is passed over.
NAMES = """
    array asyncio atexit binascii bisect builtins bz2 cmath codecs collections contextvars csv
    ctypes curses datetime decimal errno faulthandler fcntl functools gc grp hashlib heapq io
    itertools json locale lzma marshal math mmap operator os pickle pwd pyexpat queue random re
    readline resource select signal socket sqlite3 ssl string struct sys syslog termios
    threading time tracemalloc types unicodedata weakref zlib zoneinfo
"""
MODULES = tuple(NAMES.split())

# First arguments that the caller does not write.
IMPLIED = frozenset({"cls", "module", "self", "type"})


def runtime_docstrings(modules: tuple[str, ...] = MODULES) -> Iterator[Passage]:
    """Yields a passage for each documented public member of `modules` and of their classes."""
    for name in modules:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if module.__doc__:
            yield Passage(name, f"module {name}: {trim(module.__doc__)}")
        yield from members(module)


def members(module: ModuleType) -> Iterator[Passage]:
    """Yields a passage for each public function and class of `module`, and for the methods."""
    # What is built in needs no prefix: people write `len`, not `builtins.len`.
    scope = "" if module.__name__ == "builtins" else f"{module.__name__}."
    for name, value in sorted(vars(module).items()):
        if name.startswith("_") or not (inspect.isroutine(value) or isinstance(value, type)):
            continue
        if scope and home(value) in MODULES and home(value) != module.__name__:
            continue  # re-exported: described where it belongs
        yield from described(scope + name, value)
        if isinstance(value, type):
            for method, member in sorted(vars(value).items()):
                if not method.startswith("_"):
                    yield from described(f"{scope}{name}.{method}", member)


def home(value: object) -> str:
    """Returns the public name of the top-level module that defines `value`."""
    return str(getattr(value, "__module__", None)).split(".")[0].removeprefix("_")


def described(name: str, value: object) -> Iterator[Passage]:
    """Yields the passage of one object, if it has a docstring that tells more than its name."""
    doc = getattr(value, "__doc__", None)
    # An instance answers with its class's docstring: that is not about the instance.
    if isinstance(doc, str) and doc.strip() and doc != type(value).__doc__:
        yield Passage(name, f"{name}{signature(value)}: {trim(doc)}")


def signature(value: object) -> str:
    """Returns the argument names of a routine where C code gives them, else nothing.

    The text is read rather than `inspect.signature`, which evaluates the default values.
    """
    text = None if isinstance(value, type) else getattr(value, "__text_signature__", None)
    if not isinstance(text, str):
        return ""
    names = [name for name in re.findall(r"[(,]\s*\**(\w+)", text) if name not in IMPLIED]
    return f"({', '.join(names[:6])})"

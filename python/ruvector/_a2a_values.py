"""What the values of the A2A client have in common: they go to plain JSON data and come back."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import enum
import functools
import sys
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["JsonValue"]

T = TypeVar("T", bound="JsonValue")


class JsonValue:
    """The base of the frozen values."""

    __slots__ = ()
    _home = ""  # where annotations are to be read; __module__ will say ruvector

    def __init_subclass__(cls) -> None:
        cls._home = cls.__module__

    def to_dict(self) -> dict[str, Any]:
        """As data that ``json.dumps`` takes: ruvector's own shape, the same for every dialect.

        Keys are the names of the fields; a field at its default is left out. Enums become their
        values, bytes base64 text, tuples lists.
        """
        found = {}
        for field in dataclasses.fields(self):  # type: ignore[arg-type]  # subclasses are
            value = getattr(self, field.name)
            if value != _default(field):
                found[field.name] = _plain(value)
        return found

    def __repr__(self) -> str:
        # Fields at their default say nothing, and most are.
        shown = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in dataclasses.fields(self)  # type: ignore[arg-type]
            if getattr(self, field.name) != _default(field)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def from_dict(cls: type[T], data: dict[str, Any]) -> T:
        """The value that ``to_dict`` made the data of.

        Raises:
            ValueError: a key or value is not what ``to_dict`` writes; the message names it.
        """
        if not isinstance(data, dict):
            raise ValueError(f"{cls.__name__}: expected a dict, got {type(data).__name__}")
        readers = _readers(cls)  # type: ignore[arg-type]  # classes are hashable
        values = {}
        for key, value in data.items():
            if key not in readers:
                raise ValueError(f"{cls.__name__}: {key!r} is no field of it")
            values[key] = readers[key](value, f"{cls.__name__}.{key}")
        try:
            return cls(**values)
        except TypeError as error:  # a field without a default is missing
            raise ValueError(f"{cls.__name__}: {error}") from None


def freeze_sequences(value: Any, *names: str) -> None:
    """Make tuples of the fields called ``names``, of a value that is being made."""
    for name in names:
        given = getattr(value, name)
        if type(given) is tuple:
            continue
        if isinstance(given, str | bytes):
            raise TypeError(f"{name}: expected a sequence, got {type(given).__name__}")
        object.__setattr__(value, name, tuple(given))


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _plain(value: Any) -> Any:
    if isinstance(value, JsonValue):
        return value.to_dict()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


# --- the way back, by the annotations of the fields

Reader = Callable[[Any, str], Any]


@functools.cache
def _readers(cls: Any) -> dict[str, Reader]:
    hints = typing.get_type_hints(cls, vars(sys.modules[cls._home]))
    names = [field.name for field in dataclasses.fields(cls)]
    return {name: _reader(hints[name]) for name in names}


def _reader(hint: Any) -> Reader:
    """What makes a value of the annotation ``hint`` from plain data."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _optional_reader([_reader(one) for one in arguments if one is not type(None)])
    if origin is tuple:
        return _tuple_reader(_reader(arguments[0]))
    if origin is typing.Literal:
        return _literal_reader(arguments)
    if isinstance(hint, type) and issubclass(hint, JsonValue):
        return lambda value, _: hint.from_dict(value)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return functools.partial(_read_enum, hint)
    if hint is bytes:
        return _read_bytes
    return functools.partial(_read_builtin, dict if origin is dict else hint)


def _optional_reader(readers: list[Reader]) -> Reader:
    def read(value: Any, name: str) -> Any:
        return None if value is None else readers[0](value, name)

    assert len(readers) == 1, "fields are of one type or None"
    return read


def _tuple_reader(read_item: Reader) -> Reader:
    def read(value: Any, name: str) -> Any:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name}: expected a list, got {type(value).__name__}")
        return tuple(read_item(item, f"{name}[{i}]") for i, item in enumerate(value))

    return read


def _literal_reader(choices: tuple[Any, ...]) -> Reader:
    def read(value: Any, name: str) -> Any:
        if value not in choices:
            raise ValueError(f"{name}: {value!r} is none of {', '.join(map(repr, choices))}")
        return value

    return read


def _read_enum(cls: type[enum.Enum], value: Any, name: str) -> Any:
    try:
        return cls(value)
    except ValueError:
        raise ValueError(f"{name}: {value!r} is no {cls.__name__}") from None


def _read_bytes(value: Any, name: str) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, binascii.Error) as error:
        raise ValueError(f"{name}: no base64: {error}") from None


def _read_builtin(cls: Any, value: Any, name: str) -> Any:
    if cls is Any:
        return value
    if cls is float and type(value) is int:
        return float(value)
    if type(value) is not cls:
        raise ValueError(f"{name}: expected {cls.__name__}, got {type(value).__name__}")
    return value

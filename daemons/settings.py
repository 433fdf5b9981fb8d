"""Configuration: TOML in, frozen dataclasses out. Pure and strict; errors are sentences for the owner.

The vendor's file gives defaults, the owner's file overrides single keys of it, and what neither names has the default
of its dataclass. A key that nobody knows is an error: a misspelt setting must not be ignored silently.
"""

import dataclasses
import sys
import tomllib
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

C = TypeVar("C")
MAX_BYTES = 256 * 1024


class SettingsError(Exception):
    """The configuration can't be used; the message says which setting and why."""


def parse(text: bytes, source: str) -> dict[str, Any]:
    """The tables of one TOML file."""
    if len(text) > MAX_BYTES:
        raise SettingsError(f"{source} is too large for a configuration.")
    try:
        return tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{source} is not valid TOML: {error}") from error
    except RecursionError as error:
        raise SettingsError(f"{source} is nested too deeply for a configuration.") from error


def merged(defaults: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`defaults` with the keys of `over` in their place, table by table."""
    result = dict(defaults)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return result


def section(tables: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The table at `path` (dots reach into tables); empty where there is none. Raises SettingsError: it is no table."""
    table: Any = tables
    for part in path.split("."):
        table = table.get(part, {})
        if not isinstance(table, Mapping):
            raise SettingsError(f"The setting {path} should be a table, and is {_called(table)}.")
    return typing.cast("Mapping[str, Any]", table)


def fill(kind: type[C], table: Mapping[str, Any], path: str) -> C:
    """A `kind` (a frozen dataclass) with the table's values.

    Raises:
        SettingsError: an unknown key, or a value of another type.
    """
    hints = typing.get_type_hints(kind)
    known = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise SettingsError(f"Unknown setting {path}.{key}. Known here: {', '.join(sorted(known))}.")
    return kind(**{key: _value(hints[key], value, f"{path}.{key}") for key, value in table.items()})


def _value(hint: Any, value: Any, path: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return fill(typing.cast(type, hint), value, path)
    if origin is tuple and isinstance(value, list):
        return tuple(_value(arguments[0], element, path) for element in value)
    if origin in (dict, Mapping, typing.get_origin(Mapping[str, str])) and isinstance(value, Mapping):
        return {key: _value(arguments[1], element, f"{path}.{key}") for key, element in value.items()}
    if origin in (types.UnionType, typing.Union):
        return _one_of(arguments, value, path)
    if hint is float and type(value) in (int, float):
        if not -sys.float_info.max <= value <= sys.float_info.max:
            raise SettingsError(f"The setting {path} should be a finite number.")
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return value
    raise SettingsError(f"The setting {path} should be {_name(hint)}, and is {_called(value)}.")


def _one_of(hints: tuple[Any, ...], value: Any, path: str) -> Any:
    for hint in hints:
        try:
            return _value(hint, value, path)
        except SettingsError:
            continue
    raise SettingsError(f"The setting {path} can't be {_called(value)}.")


def _name(hint: Any) -> str:
    names = {int: "a whole number", float: "a number", str: "text in quotes", bool: "true or false"}
    if dataclasses.is_dataclass(hint) or typing.get_origin(hint) is dict:
        return "a table"
    return names.get(hint, "a list" if typing.get_origin(hint) is tuple else str(hint))


def _called(value: Any) -> str:
    """What `value` is, and not what it says: a setting may be a secret."""
    names = {list: "a list", dict: "a table", int: _name(int), float: _name(float), str: "text", bool: _name(bool)}
    return names.get(type(value), "a date or time")

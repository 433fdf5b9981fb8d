"""Which changes of the message schema break those who still speak the old one. Pure: descriptor sets in, sentences out.

Fields, messages and enum values may be added. What is there keeps its name, number and type; what goes leaves its
number and its name `reserved`, and what is reserved stays so (protobuf.dev, "Updating A Message Type").
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
)

Enum = EnumDescriptorProto
_Range = DescriptorProto.ReservedRange | EnumDescriptorProto.EnumReservedRange
Member = TypeVar("Member", FieldDescriptorProto, EnumValueDescriptorProto)


def breaking_changes(before: FileDescriptorSet, after: FileDescriptorSet) -> list[str]:
    """A sentence for each change from `before` to `after` that breaks; none where all is well."""
    messages, enums = _messages(after), _enums(after)
    found: list[str] = []
    for name, old in _messages(before).items():
        found += _message(name, old, messages[name]) if name in messages else [f"message {name} is gone"]
    for name, old_enum in _enums(before).items():
        found += _enum(name, old_enum, enums[name]) if name in enums else [f"enum {name} is gone"]
    return found


def _messages(schema: FileDescriptorSet) -> dict[str, DescriptorProto]:
    """Every message by its full name, those within messages too."""
    found: dict[str, DescriptorProto] = {}

    def collect(prefix: str, message: DescriptorProto) -> None:
        name = f"{prefix}.{message.name}"
        found[name] = message
        for nested in message.nested_type:
            collect(name, nested)

    for file in schema.file:
        for message in file.message_type:
            collect(file.package, message)
    return found


def _enums(schema: FileDescriptorSet) -> dict[str, Enum]:
    top = {f"{file.package}.{enum.name}": enum for file in schema.file for enum in file.enum_type}
    within = {f"{name}.{enum.name}": enum for name, message in _messages(schema).items() for enum in message.enum_type}
    return top | within


def _message(name: str, old: DescriptorProto, new: DescriptorProto) -> Iterator[str]:
    # A message's ranges end before `end`, an enum's with it.
    before, after = (_numbers(each.reserved_range, 0) for each in (old, new))
    yield from _members(name, list(old.field), list(new.field), after, set(new.reserved_name))
    yield from _reserved(name, before, after, set(old.reserved_name), set(new.reserved_name))
    now = {field.number: field for field in new.field}
    for field in old.field:
        if field.number in now and _shape(field, old) != _shape(now[field.number], new):
            yield f"{name}.{field.name} has another type"


def _enum(name: str, old: Enum, new: Enum) -> Iterator[str]:
    before, after = (_numbers(each.reserved_range, 1) for each in (old, new))
    yield from _members(name, list(old.value), list(new.value), after, set(new.reserved_name))
    yield from _reserved(name, before, after, set(old.reserved_name), set(new.reserved_name))


def _members(
    name: str, old: list[Member], new: list[Member], reserved: set[range], reserved_names: set[str]
) -> Iterator[str]:
    names, numbers = {member.name: member.number for member in new}, {member.number: member.name for member in new}
    for member in old:
        if names.get(member.name) == member.number:
            continue
        if member.name in names:
            yield f"{name}.{member.name} had the number {member.number}, now {names[member.name]}"
        if member.number in numbers:
            yield f"{name}: the number {member.number} was {member.name}'s, now {numbers[member.number]}'s"
        if member.name in names or member.number in numbers:
            continue
        if not any(member.number in each for each in reserved) or member.name not in reserved_names:
            yield f"{name}.{member.name} is gone, and its number {member.number} and its name are not both reserved"


def _reserved(
    name: str, before: set[range], after: set[range], old_names: set[str], new_names: set[str]
) -> Iterator[str]:
    """protoc refuses a member with a reserved number or name, so that reusing one means releasing it."""
    for each in before:
        if not any(each.start >= wider.start and each.stop <= wider.stop for wider in after):
            yield f"{name}: the numbers {each.start} to {each.stop - 1} are no longer reserved"
    for gone in sorted(old_names - new_names):
        yield f'{name}: the name "{gone}" is no longer reserved'


def _numbers(ranges: Iterable[_Range], last: int) -> set[range]:
    return {range(each.start, each.end + last) for each in ranges}


def _shape(field: FieldDescriptorProto, message: DescriptorProto) -> tuple[object, ...]:
    """What the bytes of a field depend on, and whether others exclude it."""
    choice = message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else ""
    return field.type, field.type_name, field.label, choice

"""Pins in HCL: the AMI of the EC2 worker pool, by the name filter or the version tag that a unit asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from posixpath import dirname
from typing import TYPE_CHECKING

from audit.declared.model import Pin
from audit.declared.nodes import Attribute, Literal, Object
from audit.declared.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = "worker-ami"
FILTER = "ami_filters"
TAG = "ec2_worker_pool_ami_version_tag"

_NAME = re.compile(r"ecs-deploy-runner-worker-[\w.*?+-]*\d[\w.*?+-]*")
_UNIT_FILE = re.compile(r"(?P<unit>.*/|)terragrunt\.hcl")


def worker_pins(text: str, file: str) -> Iterator[Pin]:
    """Give the pins of an HCL file, where they are literals; comments and heredocs are none.

    Raises HclSyntaxError or LimitError, with their place, as the parser does.
    """
    if "ecs-deploy-runner-worker-" not in text and TAG not in text:
        return
    unit = dirname(file) if _UNIT_FILE.fullmatch(file) else None
    for name, literal in _named(parse(text, file)):
        value = literal.value
        if isinstance(value, str) and literal.span and (name == TAG or _NAME.fullmatch(value)):
            yield Pin(kind=KIND, name=TAG if name == TAG else FILTER, value=value, origin=literal.location, unit=unit)


def _named(root: object) -> Iterator[tuple[str | None, Literal]]:
    """Give all literals in the order of the text, with the attribute or key that they are the whole value of."""
    todo: list[tuple[str | None, object]] = [(None, root)]
    while todo:
        name, node = todo.pop()
        match node:
            case Literal():
                yield name, node
            case Attribute(name=key, expr=value):
                todo.append((key, value))
            case Object(items=items):
                todo.extend((_key(key), value) for key, value in reversed(items))
            case tuple():
                todo.extend((None, item) for item in reversed(node))
            case _:
                todo.extend((None, child) for child in reversed(_children(node)))


def _children(node: object) -> list[object]:
    if isinstance(node, Mapping):
        return list(node.values())
    if is_dataclass(node) and not isinstance(node, type):
        return [getattr(node, field.name) for field in fields(node)]
    return []


def _key(key: object) -> str | None:
    return key.value if isinstance(key, Literal) and isinstance(key.value, str) else None

"""What is declared, as the JSON document that scripts rely on (``declared --json``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from audit.declared.model import Declared, DeclaredContainer, Pin
    from audit.model import Gap, Location

SCHEMA_VERSION = 1

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


def to_document(declared: Declared) -> dict[str, Json]:
    """Give the document: a row for each unit and container, sorted by both; the pins; the gaps."""
    rows = sorted(declared.containers, key=lambda row: (row.unit, row.container))
    return {
        "schema_version": SCHEMA_VERSION,
        "containers": [_row(row) for row in rows],
        "pins": [_pin(pin) for pin in declared.pins],
        "gaps": [_gap(gap) for gap in declared.gaps],
    }


def _row(row: DeclaredContainer) -> Json:
    return {
        "unit": row.unit,
        "account": row.account,
        "account_id": row.account_id,
        "region": row.region,
        "stack": row.stack,
        "container": row.container,
        "deployed": row.deployed,
        "image": row.image,
        "tag": row.tag,
        "image_origin": _place(row.image_origin),
        "tag_origin": _place(row.tag_origin),
        "module_source": row.module_source,
        "module_ref": row.module_ref,
        "unknown": dict(row.unknown),
    }


def _pin(pin: Pin) -> Json:
    return {
        "kind": pin.kind,
        "name": pin.name,
        "value": pin.value,
        "origin": _place(pin.origin),
        "unit": pin.unit,
    }


def _gap(gap: Gap) -> Json:
    document: dict[str, Json] = {
        "account": gap.account,
        "account_id": gap.account_id,
        "region": gap.region,
        "unit": gap.unit,
        "what": gap.what,
        "call": gap.call,
        "code": gap.code,
        "permission": gap.permission,
        "message": gap.message,
    }
    if gap.location is not None:
        document["location"] = _place(gap.location)
    return document


def _place(place: Location | None) -> Json:
    return {"file": place.file, "line": place.line, "column": place.column} if place else None

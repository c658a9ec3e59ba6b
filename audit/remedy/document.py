"""The plan as a file: canonical JSON with its own SHA-256, read back only whole, unchanged and in time."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING

from audit.errors import UsageError
from audit.remedy.plan import SCHEMA_VERSION, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pydantic import TypeAdapter


@cache
def _adapter() -> TypeAdapter[Plan]:
    from pydantic import TypeAdapter  # noqa: PLC0415 -- start-up: only where a plan is written or read

    return TypeAdapter(Plan)


def to_json(plan: Plan) -> str:
    """Write a plan: sorted keys, indented for people, its own SHA-256 among them, a final newline."""
    plain = _adapter().dump_python(plan, mode="json")
    return json.dumps({**plain, "sha256": _digest(plain)}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def sha256(plan: Plan) -> str:
    """Give the plan's own SHA-256: of its canonical JSON without that field."""
    return _digest(_adapter().dump_python(plan, mode="json"))


def from_json(text: str, *, name: str) -> Plan:
    """Read a plan back. Raises UsageError where it is damaged, changed by hand, or of another release."""
    from pydantic import ValidationError  # noqa: PLC0415 -- as above

    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{name}: not a plan: no JSON") from None
    if not isinstance(plain, dict) or plain.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(f"{name}: not a plan of this release; make a new one")
    if plain.pop("sha256", None) != _digest(plain):
        raise UsageError(f"{name}: damaged or changed since it was made: its SHA-256 does not fit; make a new plan")
    try:
        return _adapter().validate_json(json.dumps(plain))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise UsageError(f"{name}: damaged plan: {where}: {fault['msg']}") from None


def demand_fresh(plan: Plan, now: datetime, *, name: str) -> None:
    """Raise UsageError for a plan that has expired."""
    if now > plan.expires_at:
        raise UsageError(f"{name}: expired at {plan.expires_at:%Y-%m-%d %H:%M} UTC; make a new plan")


def schema() -> dict[str, object]:
    """Give the JSON schema of a plan's file."""
    made = _adapter().json_schema(mode="serialization")
    made["properties"]["sha256"] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    made["required"] = sorted({*made["properties"]})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text() -> str:
    """Write that schema, as it also stands in the documentation."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _digest(plain: Mapping[str, object]) -> str:
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()

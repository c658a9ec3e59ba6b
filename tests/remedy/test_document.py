"""A plan's file: round trip, schema, and that nothing in it can be changed unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from audit.remedy.document import demand_fresh, from_json, schema, schema_text, sha256, to_json
from tests.remedy.golden import SCHEMA
from tests.remedy.scenarios import SCENARIOS
from tests.schemas import jsonschema

if TYPE_CHECKING:
    from pathlib import Path

    from audit.remedy.plan import Plan


@pytest.fixture(params=[scenario.name for scenario in SCENARIOS])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Plan:
    """Make one of the sample plans."""
    return next(one for one in SCENARIOS if one.name == request.param).make(tmp_path / "live")


def test_round_trip_and_schema(made: Plan) -> None:
    """What is written is read back equal, and fits the schema."""
    text = to_json(made)
    assert from_json(text, name="plan.json") == made
    document = json.loads(text)
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert document["sha256"] == sha256(made)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate({**document, "steps": [{}]})


@pytest.mark.parametrize("made", ["standalone"], indirect=True)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace("v1.3.0", "v1.3.1"), "SHA-256 does not fit"),
        (lambda text: text[:-20], "no JSON"),
        (lambda _: "[]", "not a plan of this release"),
        (lambda text: text.replace('"schema_version": 1', '"schema_version": 9'), "not a plan of this release"),
        (lambda text: _resealed(text, "goal"), "damaged plan: goal"),
    ],
    ids=["changed", "cut", "list", "newer", "missing"],
)
def test_damaged_plans(made: Plan, change: object, reason: str) -> None:
    """A plan that was changed, cut or comes from elsewhere is refused."""
    with pytest.raises(UsageError, match=reason):
        from_json(change(to_json(made)), name="plan.json")  # type: ignore[operator]  # one of the functions above


def _resealed(text: str, without: str) -> str:
    """Leave a field out, and make the SHA-256 fit again, as only a forger would."""
    from audit.remedy.document import _digest

    plain = json.loads(text)
    del plain["sha256"], plain[without]
    return json.dumps({**plain, "sha256": _digest(plain)})


@pytest.mark.parametrize("made", ["standalone"], indirect=True)
def test_expiry(made: Plan) -> None:
    """A plan is good for a day."""
    demand_fresh(made, made.made_at + timedelta(hours=23), name="plan.json")
    with pytest.raises(UsageError, match="expired at 2026-11-25 07:00 UTC; make a new plan"):
        demand_fresh(made, made.made_at + timedelta(hours=25), name="plan.json")


@pytest.mark.parametrize("made", ["standalone"], indirect=True)
def test_sha_depends_on_every_step(made: Plan) -> None:
    """Another order, another step: another SHA-256."""
    assert sha256(replace(made, steps=made.steps[::-1])) != sha256(made)
    assert sha256(replace(made, steps=made.steps[:-1])) != sha256(made)


def test_schema_in_the_documentation() -> None:
    """The schema that people read is the one that plans are written by."""
    assert SCHEMA.read_text() == schema_text()

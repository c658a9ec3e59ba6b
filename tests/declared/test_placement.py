"""Tests of audit.declared.placement: which account and region a unit belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.declared.live import ACCOUNTS, UNIT, declared, planner_text, unit_text, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("path", "files", "place"),
    [
        ("dev/eu-west-1/mgmt/runner", {}, ("dev", "345678901234", "eu-west-1")),
        ("live/dev/eu-west-1/runner", {}, ("dev", "345678901234", "eu-west-1")),
        ("x/y", {"x/account.hcl": 'locals {\n  account_name = "dev"\n}\n'}, ("dev", "345678901234", None)),
        (
            "x/y",
            {"x/account.hcl": 'locals {\n  account_name = "far"\n  aws_account_id = "999900001111"\n}\n'},
            ("far", "999900001111", None),
        ),
        (
            "dev/y",
            {"dev/account.hcl": "locals {\n}\n", "dev/y/region.hcl": "locals {\n}\n"},
            ("dev", "345678901234", None),
        ),
        ("dev/y", {"dev/account.hcl": "locals {"}, ("dev", "345678901234", None)),
        ("dev/y", {"dev/account.hcl": "locals {\n  account_name = local.gone\n}\n"}, ("dev", "345678901234", None)),
        ("x/y", {"x/account.hcl": 'locals {\n  account_name = get_env("A")\n}\n'}, (None, None, None)),
        (
            "dev/us-gov-west-1/y",
            {"dev/region.hcl": 'locals {\n  aws_region = "eu-north-1"\n}\n'},
            ("dev", "345678901234", "eu-north-1"),
        ),
        ("dev/us-gov-west-1/y", {"dev/region.hcl": "locals {\n}\n"}, ("dev", "345678901234", "us-gov-west-1")),
        ("dev/_global/y", {}, ("dev", "345678901234", None)),
        ("x/eu-west-1/y", {"accounts.json": "{}"}, (None, None, "eu-west-1")),
        ("dev/eu-west-1/y", {"accounts.json": "{"}, (None, None, "eu-west-1")),
        (
            "dev/eu-west-1/y",
            {"accounts.json": "{", "dev/account.hcl": 'locals {\n  account_name = "dev"\n}\n'},
            ("dev", None, "eu-west-1"),
        ),
        (
            "dev/eu-west-1/y",
            {"accounts.json": '{"dev": "12"}'},
            ("dev", None, "eu-west-1"),
        ),
    ],
)
def test_place_of_aunit_text(
    tmp_path: Path, path: str, files: dict[str, str], place: tuple[str | None, str | None, str | None]
) -> None:
    """account.hcl and region.hcl say it, else the path; what nobody says is unknown, with a gap."""
    root = write(tmp_path, {**ACCOUNTS, **files, f"{path}/terragrunt.hcl": unit_text(planner_text())})
    found = declared(root)
    (unit,) = found.units
    assert (unit.account, unit.account_id, unit.region) == place
    row = found.containers[0]
    assert set(row.unknown) == {
        name for name, value in zip(("account", "account_id", "region"), place, strict=True) if value is None
    }
    assert bool([gap for gap in found.gaps if gap.unit]) is (None in place)


def test_account_that_is_said_twice_and_differently_is_a_diagnostic(tmp_path: Path) -> None:
    """The accounts file counts; account.hcl's own id is said to differ."""
    home = 'locals {\n  account_name = "dev"\n  account_id = "111122223333"\n}\n'
    files = {**ACCOUNTS, "dev/account.hcl": home, f"{UNIT}/terragrunt.hcl": unit_text(planner_text())}
    found = declared(write(tmp_path, files))
    assert found.units[0].account_id == "345678901234"
    assert [str(one.location) for one in found.diagnostics] == ["dev/account.hcl:3"]

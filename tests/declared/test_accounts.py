"""Tests of audit.declared.accounts: both shapes of accounts.json, accounts.yml, and what is odd in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from audit.declared.accounts import NAMES, read_accounts
from audit.declared.tree import WorkTree
from audit.model import Account
from tests.declared.live import write

if TYPE_CHECKING:
    from pathlib import Path

    from audit.declared.accounts import Accounts

DEV = "345678901234"


def _read(root: Path, files: dict[str, str]) -> Accounts:
    write(root, files)
    paths = [name for name in files if name.rpartition("/")[2] in NAMES]
    return read_accounts(WorkTree(root), paths, "")


def _ids(accounts: Accounts) -> dict[str, str | None]:
    return {account.name: account.id for account in accounts.accounts}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("accounts.json", f'{{"dev": {{"id": "{DEV}"}}, "logs": {{"id": "012345678901", "deploy_order": 1}}}}'),
        ("accounts.json", f'\ufeff{{"dev": "{DEV}", "logs": "012345678901"}}'),
        ("accounts.json", f'{{"accounts": {{"dev": {{"account_id": "{DEV}"}}, "logs": "012345678901"}}}}'),
        ("accounts.yml", f'"dev":\n  "email": "x@example.com"\n  "id": "{DEV}"\nlogs:\n  id: "012345678901"\n'),
        ("accounts.yaml", f"dev: '{DEV}'\nlogs: '012345678901'\n"),
    ],
    ids=["objects", "flat with BOM", "wrapped", "yml", "yaml flat"],
)
def test_every_shape_gives_ids_with_their_leading_zeros(tmp_path: Path, name: str, text: str) -> None:
    """Each form of the file names the same accounts."""
    accounts = _read(tmp_path, {name: text})
    assert _ids(accounts) == {"dev": DEV, "logs": "012345678901"}
    assert (accounts.diagnostics, accounts.gaps) == ((), ())


def test_deploy_order_is_kept(tmp_path: Path) -> None:
    """The order of deployment comes along, from JSON and from YAML; what is no number is none."""
    text = '{"a": {"id": "111122223333", "deploy_order": 2}, "b": {"id": "444455556666", "deploy_order": true}}'
    other = "c:\n  id: '777788889999'\n  deploy_order: 7\n"
    accounts = _read(tmp_path, {"accounts.json": text, "x/accounts.yml": other})
    assert accounts.accounts == (
        Account(name="a", id="111122223333", deploy_order=2),
        Account(name="b", id="444455556666"),
        Account(name="c", id="777788889999", deploy_order=7),
    )


@pytest.mark.parametrize(
    ("name", "text", "identity", "message", "line"),
    [
        ("accounts.json", '{\n "dev": 12345678901\n}', "012345678901", "which loses leading zeros", 2),
        ("accounts.yml", "dev:\n  id: 012345678901\n", "012345678901", "which loses leading zeros", 1),
        ("accounts.json", '{"dev": 345678901234}', DEV, None, 0),
        ("accounts.json", '{"dev": "3456-7890-1234"}', None, "id is not 12 digits in quotes", 1),
        ("accounts.json", '{"dev": 1.5}', None, "id is not 12 digits in quotes", 1),
        ("accounts.json", '{"dev": {"email": ""}}', None, "has no id", 1),
        ("accounts.yml", "dev:\n  id: ~\n", None, "has no id", 1),
        ("accounts.json", f'{{"dev": "1",\n "dev": "{DEV}"}}', DEV, "stands twice", 1),
        ("accounts.yml", f"dev: '1'\ndev: '{DEV}'\n", DEV, "stands twice", 2),
    ],
)
def test_what_is_odd_about_an_id_is_said(
    tmp_path: Path, name: str, text: str, identity: str | None, message: str | None, line: int
) -> None:
    """A number that lost its zeros, a missing id, a key that stands twice: each with its place."""
    accounts = _read(tmp_path, {name: text})
    assert _ids(accounts) == {"dev": identity}
    found = [(one.message, one.location.line if one.location else 0) for one in accounts.diagnostics]
    assert [at for _, at in found] == ([line] if message else [])
    assert all(message is not None and message in said for said, _ in found)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("accounts.json", '{"dev": "1"\n "logs": "2"}', "accounts.json:2:2: invalid JSON: expecting ',' delimiter"),
        ("accounts.json", "", "accounts.json:1:1: invalid JSON: expecting value"),
        ("accounts.json", "[1]", "accounts.json:1:1: not a map of accounts"),
        ("accounts.json", '{"a":' * 50_000, "accounts.json:1:1: nested too deep for an accounts file"),
        ("accounts.yml", "dev: [1\n", "accounts.yml:2:1: invalid YAML"),
        ("accounts.yml", "dev: \x00\n", "accounts.yml:1:1: invalid YAML"),
        ("accounts.yml", "a: &x 1\nb: *x\n", "accounts.yml:2:4: YAML aliases are not read here"),
        ("accounts.yml", "a: " + "[" * 50, "accounts.yml:1:33: nested deeper than 30"),
        ("accounts.yml", "- dev\n", "accounts.yml:1:1: not a map of accounts"),
        ("accounts.yml", "just text\n", "accounts.yml:1:1: not a map of accounts"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_gap_with_its_place(tmp_path: Path, name: str, text: str, message: str) -> None:
    """Invalid JSON and YAML, and what is no map, is said in one line with file, line and column."""
    accounts = _read(tmp_path, {name: text})
    assert accounts.accounts == ()
    assert [gap.message.startswith(message) for gap in accounts.gaps] == [True], accounts.gaps
    assert "\n" not in accounts.gaps[0].message


def test_two_files_side_by_side_are_compared(tmp_path: Path) -> None:
    """The JSON file counts; where accounts.yml says something else, that is reported."""
    files = {
        "accounts.json": json.dumps({"dev": DEV, "old": "111122223333"}),
        "accounts.yml": 'dev: "444455556666"\nnew: "777788889999"\n',
    }
    accounts = _read(tmp_path, files)
    assert accounts.lookup("dev/eu-west-1", "dev") == Account(name="dev", id=DEV)
    assert accounts.lookup("dev/eu-west-1", "new") == Account(name="new", id="777788889999")
    assert [one.message for one in accounts.diagnostics] == [
        f"account 'dev' is {DEV} in accounts.json, 444455556666 in accounts.yml: the first counts",
        "account 'new' stands in accounts.yml but not in accounts.json",
        "account 'old' stands in accounts.json but not in accounts.yml",
    ]


def test_nearest_file_counts(tmp_path: Path) -> None:
    """A directory's own accounts file comes before one above it, and none is fine too."""
    accounts = _read(tmp_path, {"a/accounts.json": f'{{"dev": "{DEV}"}}', "accounts.json": '{"dev": "111122223333"}'})
    found = [accounts.lookup(directory, "dev") for directory in ("a/b/c", "b")]
    assert [account and account.id for account in found] == [DEV, "111122223333"]
    assert accounts.lookup("a", "gone") is None
    assert _read(tmp_path, {}).near("x") == ()

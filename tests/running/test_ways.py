"""The ways into an account that work: environment, profiles of every kind, chains of roles, single accounts' own."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit.model import Account, AccountEntry, Unread, need
from audit.running.access import Access
from audit.running.model.targets import Target
from audit.running.session import Session
from audit.running.standing import Standing, standing
from tests.aws import DEV, PROD, REGION, ROLE_ARN
from tests.overlay.faults import Reply, Rule
from tests.overlay.proxy import Overlay, overlaid
from tests.processes import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEV_ACCOUNT, PROD_ACCOUNT = Account(name="dev", id=DEV), Account(name="prod", id=PROD)
BASE = "123456789012"
HUB = "arn:aws:iam::111122223333:role/hub"
START = "https://example.com/start"
ENTER = """
import sys
from audit.model import need
from tests.running.test_ways import Access, Account, enter
(seen,) = enter(Access(profile=sys.argv[1]), Account(name="dev", id=sys.argv[2]))
print(need(seen.identity).account_id)
"""
GIVEN = {"AccessKeyId": "emulator", "SecretAccessKey": "x", "SessionToken": "y"}


@pytest.fixture
def overlay(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Overlay]:
    """Put the overlay before the emulator."""
    with overlaid(aws) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


@pytest.fixture
def home(overlay: Overlay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home without credentials, whose AWS configuration a test may write."""
    assert overlay.url
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / ".aws").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws/config"))
    return tmp_path


def enter(access: Access, *accounts: Account, session: Session | None = None) -> list[Standing]:
    """Ask of each account whose credentials these are."""
    shared = session or Session(access)
    return [standing(shared, Target(account=account, region=REGION, stacks=())) for account in accounts]


def test_environment_of_aws_vault(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``aws-vault exec`` puts into the environment is for the account that it belongs to."""
    assert home.is_dir()
    for name, value in (("AWS_VAULT", "base"), *GIVEN.items()):
        monkeypatch.setenv(
            {"AccessKeyId": "AWS_ACCESS_KEY_ID", "SecretAccessKey": "AWS_SECRET_ACCESS_KEY"}.get(name, name), value
        )
    monkeypatch.setenv("AWS_SESSION_TOKEN", GIVEN["SessionToken"])
    mine, other = enter(Access(), Account(name="base", id=BASE), DEV_ACCOUNT)
    assert need(mine.identity).account_id == BASE
    assert isinstance(other.identity, Unread)
    assert f"the environment's belong to {BASE}" in other.identity.gap.message
    # The same credentials may assume the role of each account.
    assert [need(one.identity).account_id for one in enter(Access(role_arn=ROLE_ARN), DEV_ACCOUNT)] == [DEV]


def test_profile_that_a_program_gives(home: Path) -> None:
    """``credential_process``, as aws-vault and others offer it, is run once for all accounts of the profile."""
    log, program = home / "log", home / "vault"
    program.write_text(f"#!/bin/sh\necho \"$@\" >> {log}\necho '{json.dumps({'Version': 1, **GIVEN})}'\n")
    program.chmod(0o700)
    (home / ".aws/config").write_text(f"[profile hub]\ncredential_process = {program} export --format=json hub\n")
    found = enter(Access(profile="hub", role_arn=ROLE_ARN), DEV_ACCOUNT, PROD_ACCOUNT)
    assert [need(one.identity).account_id for one in found] == [DEV, PROD]
    assert log.read_text() == "export --format=json hub\n"


def test_profile_of_sso(home: Path, overlay: Overlay) -> None:
    """A profile of IAM Identity Center uses the session that ``aws sso login`` began."""
    (home / ".aws/config").write_text(
        f"[profile your-dev]\nsso_start_url = {START}\nsso_region = {REGION}\n"
        f"sso_account_id = {DEV}\nsso_role_name = audit\n"
    )
    cache = home / ".aws/sso/cache" / f"{hashlib.sha1(START.encode()).hexdigest()}.json"  # noqa: S324 -- its name there
    cache.parent.mkdir(parents=True)
    ends = datetime.now(UTC) + timedelta(hours=1)
    token = {"accessToken": "t", "expiresAt": f"{ends:%Y-%m-%dT%H:%M:%SZ}", "region": REGION, "startUrl": START}
    cache.write_text(json.dumps(token))
    keys = {"accessKeyId": "k", "secretAccessKey": "s", "sessionToken": "t"}
    role = {"roleCredentials": {**keys, "expiration": int(ends.timestamp() * 1000)}}
    # Signed by nobody: the request for the role's credentials shows the session's token only.
    overlay.rules.append(Rule(fault=Reply(body=json.dumps(role).encode()), call=":"))
    # In a process of its own: botocore settles where it keeps sessions as it is imported.
    done = run("python", "-c", ENTER, "your-{account}", BASE, HOME=str(home), AWS_ENDPOINT_URL=overlay.url)
    assert (done.stdout, done.stderr) == (f"{BASE}\n", "")
    assert overlay.count(":") == 1


def test_external_id_is_given(overlay: Overlay) -> None:
    """A role that asks for an external id is assumed with it, and only the account's own is given to it."""
    overlay.external_ids = {
        ROLE_ARN.format(account_id=DEV): "for-all",
        ROLE_ARN.format(account_id=PROD): "for-prod",
    }
    access = Access(role_arn=ROLE_ARN, external_id="for-all", accounts={"prod": AccountEntry(external_id="for-prod")})
    assert [need(one.identity).account_id for one in enter(access, DEV_ACCOUNT, PROD_ACCOUNT)] == [DEV, PROD]
    (refused,) = enter(Access(role_arn=ROLE_ARN, external_id="wrong"), DEV_ACCOUNT)
    assert isinstance(refused.identity, Unread)
    assert "can't be assumed" in refused.identity.gap.message


def test_chain_of_roles(overlay: Overlay) -> None:
    """The role on the way is assumed once by the base, and assumes each account's role; an account may go straight."""
    access = Access(role_arn=ROLE_ARN, via=(HUB,), accounts={"prod": AccountEntry(via=())})
    found = enter(access, DEV_ACCOUNT, Account(name="shared", id="234567890123"), PROD_ACCOUNT)
    assert [one.identity.kind for one in found] == ["seen"] * 3
    assert [HUB in one.way for one in found] == [True, True, False]
    assert overlay.count("sts:AssumeRole", BASE) == 2
    assert overlay.count("sts:AssumeRole", "111122223333") == 2


def test_role_on_the_way_is_renewed_once(overlay: Overlay) -> None:
    """Where the session of the role on the way has ended, it is assumed again, once, and the fleet goes on."""
    access = Access(role_arn=ROLE_ARN, via=(HUB,))
    session = Session(access)
    enter(access, DEV_ACCOUNT, session=session)
    overlay.expire("111122223333")
    found = enter(access, PROD_ACCOUNT, Account(name="shared", id="234567890123"), session=session)
    assert [one.identity.kind for one in found] == ["seen", "seen"]
    assert overlay.count("sts:AssumeRole", BASE) == 2


def test_own_profile_needs_no_profile_of_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account's own profile counts, and the environment's need not exist."""
    monkeypatch.setenv("AWS_PROFILE", "no-such")
    (home / ".aws/config").write_text("[profile own]\naws_access_key_id = k\naws_secret_access_key = s\n")
    base = Account(name="base", id=BASE)
    own, other = enter(Access(accounts={"base": AccountEntry(profile="own")}), base, DEV_ACCOUNT)
    assert need(own.identity).account_id == BASE
    assert isinstance(other.identity, Unread)
    assert other.identity.gap.code == "ProfileNotFound"

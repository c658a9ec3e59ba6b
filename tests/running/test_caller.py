"""Who looks is who assumes the roles, not the role that the first account was entered by."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audit.model import Account, AccountEntry, Fact, Seen, Unread
from audit.running.access import Access
from audit.running.caller import whose
from audit.running.model.targets import Target
from audit.running.session import Session
from tests.aws import REGION
from tests.overlay.faults import DENIED, Rule, Silence
from tests.overlay.proxy import Overlay, overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator

DEV = Account(name="dev", id="345678901234")
ROLE = "arn:aws:iam::{account_id}:role/pipelines-audit"
ASKED = "sts:GetCallerIdentity"


@pytest.fixture
def overlay(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Overlay]:
    """Stand between the SDK and the emulated AWS."""
    with overlaid(aws) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL", between.url)
        yield between


def caller(access: Access, account: Account, region: str) -> Fact[str | None]:
    """Ask it of one account."""
    return whose(Session(access), Target(account=account, region=region, stacks=()))


def test_caller_is_who_assumes_the_role(overlay: Overlay) -> None:
    """One call, with the credentials of the environment, and no role is assumed for it."""
    found = caller(Access(role_arn=ROLE, via=("arn:aws:iam::111122223333:role/hub",)), DEV, REGION)
    assert isinstance(found, Seen)
    assert (found.value or "").endswith(":user/moto")
    assert (overlay.count(ASKED), overlay.count("sts:AssumeRole")) == (1, 0)


def test_it_is_stopped_with_the_look(overlay: Overlay) -> None:
    """Whoever stops a look while that is asked doesn't wait for the answer, and after a stop nothing is sent."""
    overlay.rules.append(Rule(fault=Silence(), call=ASKED))
    session, place = Session(Access(role_arn=ROLE, read_timeout=600)), Target(account=DEV, region=REGION, stacks=())
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(whose, session, place)
        while not overlay.count(ASKED) and not asking.done():
            time.sleep(0.02)
        session.stop()
        stopped = asking.result()
    again = whose(session, place)
    codes = [one.gap.code for one in (stopped, again) if isinstance(one, Unread)]
    assert (codes, overlay.count(ASKED)) == (["Stopped", "Stopped"], 1)


def test_own_credentials_need_no_second_question(overlay: Overlay) -> None:
    """Without a role the account's own identity is who looks."""
    access = Access(role_arn=ROLE, accounts={"dev": AccountEntry(role_arn="", profile="")})
    assert caller(access, DEV, REGION) == Seen(value=None)
    assert overlay.count(ASKED) == 0


@pytest.mark.parametrize(
    ("access", "account"),
    [
        pytest.param(Access(role_arn=ROLE), DEV, id="denied"),
        pytest.param(Access(role_arn=ROLE), Account(name="dev", id=None), id="no way in"),
    ],
)
def test_nobody_says(overlay: Overlay, access: Access, account: Account) -> None:
    """What could not be asked is unread, and never the role of an account."""
    overlay.rules.append(Rule(fault=DENIED, call=ASKED))
    assert isinstance(caller(access, account, REGION), Unread)

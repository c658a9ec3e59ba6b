"""The accounts of AWS Organizations: all pages, whatever happens on the way, or a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.model import Unread, need
from audit.running.access import Access
from audit.running.model.access import Member
from audit.running.organization import organization
from tests.aws import REGION, sign_in
from tests.overlay.faults import DENIED, THROTTLED, Fault, Pages, Reply, Rule, error
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from audit.model import Fact

LIST = "organizations:ListAccounts"
MANAGEMENT = "123456789012"


def look(aws: str, monkeypatch: pytest.MonkeyPatch, *rules: Rule) -> tuple[Fact[tuple[Member, ...]], int]:
    """List the accounts through the overlay; with the number of requests."""
    with overlaid(aws, *rules) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        found = organization(Access(), REGION)
        return found, overlay.count(LIST)


def test_members_are_listed_with_their_state(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Id, name and state of each account, the management account included; no address of its owner."""
    client = sign_in(aws, MANAGEMENT, REGION).client("organizations", endpoint_url=aws)
    client.create_organization(FeatureSet="ALL")
    for name in ("dev", "old"):
        client.create_account(AccountName=name, Email=f"{name}@example.com")
    (old,) = [one["Id"] for one in client.list_accounts()["Accounts"] if one.get("Name") == "old"]
    client.close_account(AccountId=old)
    found, _ = look(aws, monkeypatch)
    members = need(found)
    assert [one.id for one in members] == sorted(one.id for one in members)
    assert {(one.name, one.state) for one in members} == {
        ("master", "ACTIVE"),
        ("dev", "ACTIVE"),
        ("old", "SUSPENDED"),
    }
    assert "@" not in repr(members)


def test_a_thousand_accounts_with_empty_and_throttled_pages(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty pages with a token are gone past, throttled ones are asked for again: nobody is lost."""
    accounts = tuple({"Id": f"{number:012}", "Name": f"a{number}", "Status": "ACTIVE"} for number in range(1000))
    pages = Pages(items=accounts, key="Accounts", size=100)
    throttled = (Rule(fault=THROTTLED, call=LIST, after=after, times=1) for after in (0, 5, 11))
    found, calls = look(aws, monkeypatch, *throttled, Rule(fault=pages, call=LIST))
    assert [one.id for one in need(found)] == [str(one["Id"]) for one in accounts]
    assert calls == 10 + 9 + 3


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        pytest.param(DENIED, "AccessDeniedException", "is denied", id="denied"),
        pytest.param(error("AWSOrganizationsNotInUseException"), None, "leave --organization out", id="none"),
        pytest.param(Reply(body=b"{}"), "DamagedReply", "damaged", id="damaged"),
        pytest.param(Reply(body=b'{"Accounts": []}'), "MalformedReply", "isn't what AWS documents", id="nobody"),
        pytest.param(
            Reply(body=b'{"Accounts": [{"Name": "x"}]}'), "MalformedReply", "isn't what AWS documents", id="odd"
        ),
        pytest.param(Reply(body=b'{"Accounts": [], "NextToken": "same"}'), "RepeatedToken", "never ends", id="endless"),
    ],
)
def test_what_cannot_be_listed_is_a_gap(
    aws: str, monkeypatch: pytest.MonkeyPatch, fault: Fault, code: str | None, says: str
) -> None:
    """A part of the list is never taken for the whole, and the gap belongs to no single account."""
    found, _ = look(aws, monkeypatch, Rule(fault=fault, call=LIST))
    assert isinstance(found, Unread)
    gap = found.gap
    assert (gap.account, gap.account_id, gap.region) == (None, None, None)
    assert gap.message.startswith("accounts of the organization unread: ")
    assert says in gap.message
    assert code in (None, gap.code)
    assert "ghp_" not in repr(gap)


def test_a_role_may_list_them(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is asked for with a role of its own."""
    one = {"Id": MANAGEMENT, "Name": "root", "Status": "ACTIVE"}
    with overlaid(aws, Rule(fault=Pages(items=(one,), key="Accounts"), call=LIST)) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        found = need(organization(Access(role_arn="arn:aws:iam::444455556666:role/list"), REGION))
        assert found == (Member(id=MANAGEMENT, name="root", state="ACTIVE"),)
        assert overlay.count(LIST, "444455556666") == 1

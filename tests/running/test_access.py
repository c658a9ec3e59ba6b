"""Templates for the way into an account."""

from __future__ import annotations

import re
from typing import Any

import pytest

from audit.errors import UsageError
from audit.model import Account, AccountEntry
from audit.running.access import Access, Link, Way

DEV = Account(name="dev", id="345678901234")


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        pytest.param("arn:aws:iam::{account_id}:role/audit", "arn:aws:iam::345678901234:role/audit", id="by id"),
        pytest.param(
            "arn:aws-us-gov:iam::{account_id}:role/a/b/c", "arn:aws-us-gov:iam::345678901234:role/a/b/c", id="path"
        ),
        pytest.param(
            "arn:aws:iam::{account_id}:role/audit-{account}", "arn:aws:iam::345678901234:role/audit-dev", id="both"
        ),
        pytest.param("arn:aws:iam::111122223333:role/audit", "arn:aws:iam::111122223333:role/audit", id="fixed"),
    ],
)
def test_role_template_is_filled(template: str, filled: str) -> None:
    """A role template gives the account's role ARN."""
    assert Access(role_arn=template).way(DEV) == Way(links=(Link(role_arn=filled),))


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        pytest.param("your-{account}", "your-dev", id="guide"),
        pytest.param("{account}", "dev", id="plain"),
        pytest.param("{account_id}_audit", "345678901234_audit", id="id"),
    ],
)
def test_profile_template_is_filled(template: str, filled: str) -> None:
    """A profile template gives the account's profile."""
    assert Access(profile=template).way(DEV) == Way(profile=filled)


def test_without_templates_there_is_no_role_and_no_profile() -> None:
    """The environment's credentials need neither."""
    assert Access().way(DEV) == Way()
    assert str(Access().way(DEV)) == ""


@pytest.mark.parametrize(
    "template",
    [
        "role/audit",
        "arn:aws:iam::{id}:role/audit",
        "arn:aws:iam::{account.__class__}:role/a",
        "arn:aws:iam::{}:role/a",
        "arn:aws:iam::{account_id}:user/a",
        "arn:aws:iam::{account_id}:role/a\n",
        "arn:aws:iam::{{account_id}}:role/a",
        "",
    ],
)
def test_bad_role_template_is_named(template: str) -> None:
    """A template that can't become a role ARN is refused at once, by its option and text."""
    with pytest.raises(UsageError, match="--role-arn"):
        Access(role_arn=template)


@pytest.mark.parametrize(
    "template", ["--endpoint-url=x", "a b", "{account!r}", "{account:>9}", "a;b", "$(x)", "a\x00", ""]
)
def test_bad_profile_template_is_named(template: str) -> None:
    """A template that can't become a profile name is refused at once."""
    with pytest.raises(UsageError, match="--profile"):
        Access(profile=template)


@pytest.mark.parametrize("name", ["../../x", "a b", "x" * 300, "a\nb", "[x]"])
def test_account_whose_name_fits_no_profile_is_refused(name: str) -> None:
    """A hostile account name doesn't reach a profile name."""
    with pytest.raises(UsageError, match="--profile"):
        Access(profile="your-{account}").way(Account(name=name, id=None))


def test_account_without_id_has_no_role() -> None:
    """A role ARN can't be made without the id."""
    with pytest.raises(UsageError, match="role-arn"):
        Access(role_arn="arn:aws:iam::{account_id}:role/a").way(Account(name="dev", id=None))


ROLE = "arn:aws:iam::{account_id}:role/audit"
OWN = "arn:aws:iam::345678901234:role/audit"
HUB = "arn:aws:iam::111122223333:role/hub"
SPOKE = "arn:aws:iam::444455556666:role/spoke"


@pytest.mark.parametrize(
    ("access", "way"),
    [
        pytest.param(
            Access(role_arn=ROLE, external_id="abc"),
            Way(links=(Link(role_arn=OWN, external_id="abc"),)),
            id="external id",
        ),
        pytest.param(
            Access(role_arn=ROLE, profile="hub", via=(HUB, SPOKE), external_id="abc"),
            Way(
                profile="hub",
                links=(Link(role_arn=HUB), Link(role_arn=SPOKE), Link(role_arn=OWN, external_id="abc")),
            ),
            id="chain",
        ),
        pytest.param(
            Access(role_arn=ROLE, via=(HUB,), accounts={"dev": AccountEntry(role_arn=SPOKE, via=(), external_id="ab")}),
            Way(links=(Link(role_arn=SPOKE, external_id="ab"),)),
            id="own role, no chain",
        ),
        pytest.param(
            Access(role_arn=ROLE, accounts={"dev": AccountEntry(profile="mine", role_arn="")}),
            Way(profile="mine"),
            id="own profile instead of the role",
        ),
        pytest.param(
            Access(profile="your-{account}", accounts={"sandbox": AccountEntry(id=DEV.id, profile="x-{account}")}),
            Way(profile="x-dev"),
            id="by the id in the entry",
        ),
        pytest.param(
            Access(profile="your-{account}", accounts={"345678901234": AccountEntry(profile="")}),
            Way(),
            id="by id, nothing",
        ),
        pytest.param(
            Access(profile="your-{account}", accounts={"prod": AccountEntry(profile="x")}),
            Way(profile="your-dev"),
            id="another's entry",
        ),
    ],
)
def test_nearest_setting_counts(access: Access, way: Way) -> None:
    """What the configuration says of one account goes before what the options say of all."""
    assert access.way(DEV) == way


def test_way_in_words() -> None:
    """A way reads from its end: the role that is used, and the roles that led there."""
    assert str(Access(role_arn=ROLE, via=(HUB,)).way(DEV)) == f"{OWN} via {HUB}"
    assert str(Access(profile="dev").way(DEV)) == "profile dev"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        pytest.param(AccountEntry(id="1234"), "accounts.dev.id: '1234'", id="id"),
        pytest.param(AccountEntry(id=""), "accounts.dev.id: ''", id="no id"),
        pytest.param(AccountEntry(regions=("us_west",)), "accounts.dev.regions: 'us_west'", id="region"),
        pytest.param(AccountEntry(role_arn="audit"), "accounts.dev.role_arn 'audit'", id="role"),
        pytest.param(AccountEntry(profile="--server"), "accounts.dev.profile '--server'", id="profile"),
        pytest.param(AccountEntry(external_id="a b"), "accounts.dev.external_id: 'a b'", id="external id"),
        pytest.param(AccountEntry(via=("{account}",)), "accounts.dev.via: '{account}'", id="via"),
    ],
)
def test_bad_entry_is_named_by_its_key(entry: AccountEntry, words: str) -> None:
    """What can't be used is refused at once, by the key's path in the file."""
    with pytest.raises(UsageError, match=re.escape(words)):
        Access(accounts={"dev": entry})


@pytest.mark.parametrize(
    ("access", "words"),
    [
        pytest.param({"external_id": "$(x)"}, "--external-id", id="external id"),
        pytest.param({"via": ("role/hub",)}, "--via", id="via"),
    ],
)
def test_bad_option_is_named(access: dict[str, Any], words: str) -> None:
    """The same for what the options say of all accounts."""
    with pytest.raises(UsageError, match=words):
        Access(**access)

"""Templates for the way into an account."""

from __future__ import annotations

import pytest

from audit.errors import UsageError
from audit.model import Account
from audit.running.access import Access

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
    assert Access(role_arn=template).role_for(DEV) == filled


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
    assert Access(profile=template).profile_for(DEV) == filled


def test_without_templates_there_is_no_role_and_no_profile() -> None:
    """The environment's credentials need neither."""
    access = Access()
    assert (access.role_for(DEV), access.profile_for(DEV)) == (None, None)


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
        Access(profile="your-{account}").profile_for(Account(name=name, id=None))


def test_account_without_id_has_no_role() -> None:
    """A role ARN can't be made without the id."""
    with pytest.raises(UsageError, match="role-arn"):
        Access(role_arn="arn:aws:iam::{account_id}:role/a").role_for(Account(name="dev", id=None))

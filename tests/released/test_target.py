"""The target of an upgrade: what the user names, or the newest that the policy allows."""

from __future__ import annotations

from datetime import date

import pytest

from audit.configuration.policy import Policy
from audit.errors import UsageError
from audit.released.model import Release, Released
from audit.released.target import target

TODAY = date(2026, 11, 24)
LIST = Released(
    kind="file",
    where="releases.json",
    release_repo="gruntwork-io/terraform-aws-ci",
    as_of=TODAY,
    releases=tuple(
        Release(tag=tag, published=day, backward_incompatible=False, modules_affected=())
        for tag, day in (
            ("nightly", date(2026, 11, 1)),
            ("v1.1.0", date(2026, 1, 1)),
            ("v1.2.0", date(2026, 2, 1)),
            ("v1.3.0", date(2026, 11, 20)),
            ("v1.4.0-rc.1", date(2026, 11, 21)),
        )
    ),
)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(Policy(), "v1.3.0", id="newest that is no pre-release"),
        pytest.param(Policy(known_bad=("v1.3.0",)), "v1.2.0", id="known bad"),
        pytest.param(Policy(ignore=("v1.3.0", "v1.2.0")), "v1.1.0", id="ignored"),
        pytest.param(Policy(allowed="<1.2"), "v1.1.0", id="not allowed"),
        pytest.param(Policy(min_age_days=30), "v1.2.0", id="too young"),
    ],
)
def test_latest_allowed(policy: Policy, expected: str) -> None:
    """The newest release that nothing speaks against."""
    assert target("latest-allowed", LIST, policy, TODAY) == expected


@pytest.mark.parametrize("to", ["v1.3.0", "v9.9.9", "v0.38.10.1", "1.2.0"])
def test_a_tag_is_taken_as_it_is(to: str) -> None:
    """Whether it is published is judged later, as a blocker."""
    assert target(to, LIST, Policy(), TODAY) == to


@pytest.mark.parametrize(
    ("to", "policy", "words"),
    [
        ("latest", Policy(), "--to 'latest': give a release such as v1.3.0, or latest-allowed"),
        ("\x1b[31m", Policy(), "give a release"),
        ("latest-allowed", Policy(allowed=">9"), "the policy allows none of the 5 releases known"),
    ],
)
def test_what_is_no_target(to: str, policy: Policy, words: str) -> None:
    """Wrong usage, in one harmless line."""
    with pytest.raises(UsageError) as error:
        target(to, LIST, policy, TODAY)
    assert words in str(error.value)
    assert str(error.value).isprintable()

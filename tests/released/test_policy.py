"""What a list proves about a tag: behind, level, custom or unknown, and how far behind."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.model import Version
from audit.released.catalog import bundled
from audit.released.model import Release, Released
from audit.released.policy import Lag, lag, order, standing

TODAY = date(2026, 3, 1)


def release(tag: str, day: int = 1, *modules: str, breaking: bool | None = False) -> Release:
    """Give a release of a day in January."""
    return Release(
        tag=tag, published=date(2026, 1, day), backward_incompatible=breaking, modules_affected=tuple(modules)
    )


def released(*releases: Release, as_of: date = TODAY) -> Released:
    """Give a list of releases."""
    return Released(kind="file", where="x", release_repo="a/b", as_of=as_of, releases=order(releases))


TWO = (release("v1.2.0", 1), release("v1.3.0", 11))


@pytest.mark.parametrize(
    ("tag", "age", "expected"),
    [
        pytest.param("v1.2.0", 0, "behind", id="behind a young list"),
        pytest.param("v1.2.0", 900, "behind", id="behind an old list"),
        pytest.param("v1.2.9", 0, "behind", id="unpublished, behind"),
        pytest.param("v0.0.0", 0, "behind", id="before all"),
        pytest.param("v1.3.0-rc.1", 0, "behind", id="candidate of the newest"),
        pytest.param("v1.3.0", 0, "level", id="newest of a young list"),
        pytest.param("v1.3.0", 90, "level", id="newest of a list at its limit"),
        pytest.param("v1.3.0", 91, "unknown", id="newest of an old list"),
        pytest.param("1.3.0", 0, "level", id="newest without v"),
        pytest.param("v1.3.1", 0, "unknown", id="beyond the list"),
        pytest.param("v1.4.0-rc.1", 0, "unknown", id="candidate beyond the list"),
        pytest.param("latest", 0, "unknown", id="latest"),
        pytest.param("9f86d081884c7d659a2feaa0c55ad015", 0, "unknown", id="commit"),
        pytest.param("", 0, "unknown", id="empty"),
        pytest.param("v1.2.0-gwrc", 0, "custom", id="suffix of a fork"),
        pytest.param("v1.2.0.1", 0, "custom", id="four numbers"),
        pytest.param("deploy-runner-v1", 0, "custom", id="prefix"),
    ],
)
def test_standing(tag: str, age: int, expected: str) -> None:
    """Behind is certain, level needs a young list, all else is unknown."""
    assert standing(released(*TWO, as_of=TODAY - timedelta(days=age)), tag, TODAY, 90) == expected


def test_fork() -> None:
    """In a fork's own list its suffixes have their place."""
    fork = released(release("v1.2.0-gwrc"), release("v1.3.0-gwrc"))
    tags = ("v1.2.0-gwrc", "v1.3.0-gwrc", "v1.3.0-other")
    assert [standing(fork, tag, TODAY, 90) for tag in tags] == ["behind", "level", "custom"]


@pytest.mark.parametrize("releases", [(), (release("v0.0.0"),), (release("latest"),)])
def test_list_that_proves_nothing(releases: tuple[Release, ...]) -> None:
    """An empty list, or one with nothing for use, says nothing about a tag."""
    assert standing(released(*releases), "v1.0.0", TODAY, 90) == "unknown"
    assert lag(released(*releases), "v1.0.0") is None


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("v0.52.1", "57 releases and 1003 days behind v1.3.0 (33 of them touch ecs-deploy-runner, 5 list no modules)"),
        ("v0.52.19", "39 releases and 847 days behind v1.3.0 (20 of them touch ecs-deploy-runner, 4 list no modules)"),
        ("v1.2.1", "1 release and 9 days behind v1.3.0 (1 of them touches ecs-deploy-runner)"),
    ],
)
def test_lag_in_the_bundled_list(tag: str, words: str) -> None:
    """The counts that the bundled list leads to."""
    assert str(lag(bundled(), tag)) == words


def test_breaking_in_the_bundled_list() -> None:
    """Incompatible releases count where they touch the runner; those without a word are for review."""
    found = lag(bundled(), "v0.50.11")
    assert found is not None
    assert found.breaking == ("v0.50.12", "v0.51.2")
    assert {"v0.52.0", "v1.0.0"} <= set(found.review)


def test_lag() -> None:
    """Releases above the tag, those that touch the module, those that list none, and the days between."""
    many = released(
        release("v1.0.0", 1),
        release("v1.0.1", 5, "ecs-deploy-runner", breaking=True),
        release("v1.0.2", 7, "jenkins-server", breaking=True),
        release("v1.0.3", 9, breaking=None),
        release("v1.0.4", 20, "ecs-deploy-runner", "jenkins-server"),
        release("latest", 30),
    )
    expected = Lag(
        newest="v1.0.4",
        module="ecs-deploy-runner",
        releases=4,
        touching=2,
        unlisted=1,
        days=19,
        breaking=("v1.0.1",),
        review=("v1.0.3",),
    )
    assert lag(many, "v1.0.0") == expected
    jenkins = lag(many, "v1.0.0", "jenkins-server")
    assert jenkins is not None
    assert (jenkins.touching, jenkins.breaking) == (2, ("v1.0.2",))


@pytest.mark.parametrize(
    ("tag", "days"),
    [
        pytest.param("v1.2.5", 10, id="between"),
        pytest.param("v0.9.0", 10, id="before all"),
        pytest.param("v1.2.0.7", 10, id="custom build"),
    ],
)
def test_days_of_an_unpublished_tag(tag: str, days: int) -> None:
    """They count from the nearest release below, or from the first there is."""
    found = lag(released(*TWO), tag)
    assert found is not None
    assert found.days == days


def test_order() -> None:
    """By version, not by name or date; what is no version comes first."""
    tags = ["v1.10.0", "latest", "v1.9.0", "v1.9.0-rc.1", "v1.9.0.1", "v1.9.0-gwrc", "9f86d08", "v0.0.0"]
    expected = ["9f86d08", "latest", "v0.0.0", "v1.9.0-rc.1", "v1.9.0", "v1.9.0-gwrc", "v1.9.0.1", "v1.10.0"]
    assert [found.tag for found in order(map(release, tags))] == expected


TAGS = st.one_of(
    st.text(max_size=12), st.from_regex(r"\A(?:[a-z]{1,3}-)?v?\d{1,3}(?:\.\d{1,3}){0,4}(?:[-+._][a-z0-9.]{1,6})?\Z")
)


@settings(max_examples=100, deadline=None)
@given(st.lists(TAGS, max_size=5, unique=True), TAGS)
def test_any_tags(tags: list[str], tag: str) -> None:
    """Any tags have one order, and a standing that fits the lag."""
    found = released(*map(release, tags))
    versions = [version for name in tags if (version := Version.parse(name))]
    assert all(
        (one < other) + (other < one) + (one == other) == 1 for one, other in itertools.product(versions, repeat=2)
    )
    verdict = standing(found, tag, TODAY, 90)
    assert verdict != "behind" or lag(found, tag) is not None
    assert verdict != "level" or lag(found, tag) is None

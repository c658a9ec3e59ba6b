"""The table is whole, and what is seeded is what it says."""

from __future__ import annotations

from audit.demo.emulator import emulator, environment, settings
from audit.demo.scenario import DRIFTED, EXPECTED, IN_SYNC, scenario, seed
from tests.demo.eyes import see


def test_each_account_runs_what_the_table_says() -> None:
    """Families with their images, the invoker with its runtime, the registry with its tags, and no more."""
    with emulator() as endpoint, environment(settings(endpoint)):
        seed(endpoint, DRIFTED)
        see(DRIFTED)


def test_every_running_image_was_pushed() -> None:
    """No task definition of the table points at nothing: that would be another finding."""
    for table in (DRIFTED, IN_SYNC):
        running = {image.partition("@")[0] for state in table.accounts for image in state.images.values()}
        assert running <= set(table.pushed)


def test_the_table_shows_every_kind_of_drift() -> None:
    """The first ten checks each find something, and an account without drift of its own is there too."""
    assert {check for check, _, _ in EXPECTED} >= {
        "image-tag-drift",
        "image-repository-drift",
        "declared-tag-not-in-registry",
        "declared-tag-not-released",
        "declared-tag-behind",
        "runner-kaniko-split",
        "family-missing",
        "family-undeclared",
        "invoker-missing",
        "invoker-runtime-deprecated",
    }
    assert {check for check, account, _ in EXPECTED if account == "logs"} == {"declared-tag-behind"}


def test_in_sync_expects_nothing() -> None:
    """The variant in sync has the same accounts, and no finding."""
    assert scenario(in_sync=True).expected == frozenset()
    assert [state.id for state in IN_SYNC.accounts] == [state.id for state in scenario().accounts]

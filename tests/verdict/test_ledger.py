"""The ledger: what a killed run leaves behind is seen to be incomplete."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from audit.verdict.ledger import Ledger, read

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = {"nodeid": "n", "check": "c", "unit": "u", "outcome": "pass", "findings": []}


def test_a_whole_run_reads_back() -> None:
    """Entries in their order, then how it ended."""
    ledger = Ledger.start()
    ledger.add({**ENTRY, "nodeid": "1"})
    ledger.add({**ENTRY, "nodeid": "2"})
    ended = ledger.end(expected=2, reason=None)
    entries, again = read(ledger.path)
    assert [entry.nodeid for entry in entries] == ["1", "2"]
    assert again == ended
    assert ended.reason is None
    ledger.remove()
    assert not ledger.path.exists()


def test_fewer_entries_than_expected_are_said() -> None:
    """An item that left no line was not judged; one with two lines counts once."""
    ledger = Ledger.start()
    ledger.add(ENTRY)
    ledger.add(ENTRY)
    assert ledger.end(expected=2, reason=None).reason == "1 of 2 items were not judged"
    ledger.remove()


@pytest.mark.parametrize("cut", ["", '{"entry": {"nodeid": "half'])
def test_a_killed_run_is_incomplete(cut: str) -> None:
    """Without an end line, or with a line cut short, the run was killed."""
    ledger = Ledger.start()
    ledger.add(ENTRY)
    with ledger.path.open("a", encoding="utf-8") as file:
        file.write(cut)
    entries, ended = read(ledger.path)
    assert len(entries) == 1
    assert ended.reason == "the run was killed before its end"
    ledger.remove()


def test_only_the_owner_can_read_it() -> None:
    """Findings name accounts and images: they are nobody else's business."""
    ledger = Ledger.start()
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    ledger.remove()


def test_a_missing_ledger_is_said(tmp_path: Path) -> None:
    """One line, with the path."""
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none")

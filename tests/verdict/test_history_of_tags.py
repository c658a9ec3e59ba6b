"""Since when a tag is declared: the sentence that this tool exists for."""

from __future__ import annotations

from datetime import date

import pytest

from audit.declared.model import Dated
from audit.verdict.pairing import History
from tests.nouns import TAG_AT, TODAY, row


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            Dated(place=TAG_AT, commit="a" * 40, day=date(2026, 10, 14)), " since 2026-10-14, 41 days ago", id="merged"
        ),
        pytest.param(
            Dated(place=TAG_AT, commit="a" * 40, day=date(2026, 11, 23)), " since 2026-11-23, 1 day ago", id="yesterday"
        ),
        pytest.param(
            Dated(place=TAG_AT, commit="a" * 40, day=date(2026, 10, 14), at_least=True),
            " since 2026-10-14, at least 41 days ago",
            id="shallow",
        ),
        pytest.param(Dated(place=TAG_AT, commit=None, day=None), "", id="not committed"),
        pytest.param(None, "", id="no history"),
    ],
)
def test_since(change: Dated | None, words: str) -> None:
    """The day and the age of the literal that counts; nothing where git does not know."""
    history = History(dated={TAG_AT: change} if change else {}, today=TODAY)
    assert history.since(row()) == words
    assert history.since(row(tag_origin=None)) == ""

"""Gaps are found however deep they are, each where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.model import Seen
from audit.running.unread import gaps_in
from tests.nouns import clustered, gap, observation, unread


@pytest.mark.parametrize(
    ("seen", "gaps"),
    [
        pytest.param(unread(), (gap(),), id="a-fact"),
        pytest.param(observation(), (), id="none"),
        pytest.param(observation(families=unread()), (gap(),), id="a-field"),
        pytest.param(
            observation(families=unread("a"), clusters=(clustered(), replace(clustered(), tasks=unread("b")))),
            (gap("a"), gap("b")),
            id="in-a-tuple-of-nouns",
        ),
        pytest.param((observation(families=unread("a")), (unread("b"), "x", None)), (gap("a"), gap("b")), id="tuples"),
        pytest.param(Seen(value=(unread(),)), (gap(),), id="in-a-value"),
        pytest.param("text", (), id="no-noun"),
    ],
)
def test_gaps(seen: object, gaps: tuple[object, ...]) -> None:
    """All of them, and no more."""
    assert sorted(map(repr, gaps_in(seen))) == sorted(map(repr, gaps))

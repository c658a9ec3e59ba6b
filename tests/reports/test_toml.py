"""Values as TOML: read back equal, harmless whoever wrote them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model import AccountEntry
from reports.toml import key, literal

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**62), 2**62) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(TEXT, VALUES)
def test_what_is_written_is_read_back(name: str, value: object) -> None:
    """Any key and value come back, and nothing in them reaches a terminal as control."""
    text = f"{key(name)} = {literal(value)}"
    assert tomllib.loads(text) == {name: value}
    assert text.isprintable()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(Path("a/b"), '"a/b"', id="path"),
        pytest.param(("a", "b"), '["a", "b"]', id="tuple"),
        pytest.param(AccountEntry(id="1", role_arn=""), '{id = "1", role_arn = ""}', id="dataclass"),
        pytest.param("\udc80", '"\\uFFFD"', id="no character"),
        pytest.param(1.5, "1.5", id="float"),
    ],
)
def test_shapes(value: object, text: str) -> None:
    """What Settings hold beside plain values."""
    assert literal(value) == text


def test_what_has_no_form() -> None:
    """A value that TOML doesn't have is a fault of the caller."""
    with pytest.raises(TypeError, match="object has no form"):
        literal(object())

"""Paths inside the repository: they stay inside, whatever links there are, and are fit for a message."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.declared.paths import join, resolve, shown
from audit.errors import DeclarationError

LINKS = {"a/up": "..", "a/b/twice": "../..", "in": "a/b", "out": "../x", "loop": "loop", "absolute": "/etc"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ""),
        (".", ""),
        ("a/./b//c", "a/b/c"),
        ("a/../b", "b"),
        ("in/c", "a/b/c"),
        ("in/../c", "a/c"),
        ("a/up/a/up/c", "c"),
        ("a/b/twice/in", "a/b"),
        ("not/there/../x", "not/x"),
    ],
)
def test_resolve(path: str, expected: str) -> None:
    """Dots and links lead where the system would go."""
    assert resolve(path, LINKS.get) == expected


@pytest.mark.parametrize("path", ["..", "a/../../a", "/a", "out", "in/../../..", "a/up/..", "absolute/x", "loop/x"])
def test_refused(path: str) -> None:
    """What leads out, or nowhere, is an error that names the path as it was asked for."""
    with pytest.raises(DeclarationError) as caught:
        resolve(path, LINKS.get)
    assert caught.value.file == path


PARTS = st.sampled_from(["a", "b", "..", ".", "", "link"])
SOME = st.lists(PARTS, max_size=6).map("/".join)


@settings(max_examples=200, deadline=None)
@given(SOME, st.dictionaries(st.sampled_from(["link", "a/link", "a/b", "b"]), SOME.filter(bool), max_size=3))
def test_inside(path: str, links: dict[str, str]) -> None:
    """Whatever the links, a path ends inside or in an error."""
    try:
        found = resolve(path, links.get)
    except DeclarationError:
        return
    assert not found.startswith("/")
    assert ".." not in found.split("/")
    assert resolve(found, links.get) == found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("common.hcl", "common.hcl"),
        ("dé v", "dé v"),
        ("a\n\t\x1b[0m\x9b", "a\\n\\t\\x1b[0m\\x9b"),
        ("\u202egpj", "\\u202egpj"),
        ("caf\udce9", "caf\\udce9"),
    ],
)
def test_shown(name: str, expected: str) -> None:
    """Nothing that moves a cursor or turns the direction gets into a message."""
    assert shown(name) == expected
    assert shown(expected) == expected


@pytest.mark.parametrize(
    ("base", "path", "expected"), [("", "a", "a"), ("a", "", "a"), ("a", "b", "a/b"), ("", "", "")]
)
def test_join(base: str, path: str, expected: str) -> None:
    """Either part may be empty."""
    assert join(base, path) == expected

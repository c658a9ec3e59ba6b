"""Lists of releases in files: the bundled one, and the user's with every fault named by file and entry."""

from __future__ import annotations

import json
import os
from datetime import date
from typing import TYPE_CHECKING

import pytest

from audit.errors import UsageError
from audit.released.catalog import UPSTREAM, bundled, from_file

if TYPE_CHECKING:
    from pathlib import Path


def test_bundled() -> None:
    """The bundled list is complete, in order, and as old as the newest release it knows."""
    found = bundled("why")
    assert (found.kind, found.release_repo, found.fallback_reason) == ("bundled", UPSTREAM, "why")
    assert (len(found.releases), found.newest, found.as_of) == (309, "v1.3.0", date(2026, 2, 12))
    assert found.releases[0].tag == "v0.0.0"


def test_array(tmp_path: Path) -> None:
    """An array is true as of the day it was written."""
    path = tmp_path / "releases.json"
    path.write_text(
        '\ufeff[{"tag": "v1.10.0", "published": "2026-01-02"}, {"tag": "v1.9.0", "published": "2026-01-01"}]'
    )
    os.utime(path, (1_770_000_000, 1_770_000_000))
    found = from_file(path, "acme/fork")
    assert (found.kind, found.where, found.release_repo, found.as_of) == (
        "file",
        str(path),
        "acme/fork",
        date(2026, 2, 2),
    )
    assert [release.tag for release in found.releases] == ["v1.9.0", "v1.10.0"]
    assert (found.releases[0].backward_incompatible, found.releases[0].modules_affected) == (None, ())


def test_object(tmp_path: Path) -> None:
    """An object says its own date; each field is read."""
    path = tmp_path / "releases.json"
    entry = {"tag": "v1.0.0", "published": "2026-01-02", "backward_incompatible": True, "modules_affected": ["a", "b"]}
    path.write_text(json.dumps({"as_of": "2026-01-03", "releases": [entry]}))
    found = from_file(path, UPSTREAM)
    assert found.as_of == date(2026, 1, 3)
    assert (found.releases[0].backward_incompatible, found.releases[0].modules_affected) == (True, ("a", "b"))


GOOD = '"published": "2026-01-01"'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "not valid JSON: Expecting value", id="empty"),
        pytest.param("[" * 100_000, "not valid JSON", id="deep"),
        pytest.param("1", "expected an array of releases", id="number"),
        pytest.param('{"releases": []}', "expected an array of releases", id="no date of the list"),
        pytest.param('{"as_of": "x", "releases": []}', "as_of: expected a date as YYYY-MM-DD, got 'x'", id="bad as_of"),
        pytest.param('{"as_of": "2026-01-01", "releases": {}}', "expected an array of releases", id="no array"),
        pytest.param("[1]", "releases[0]: expected an object with a tag and its date", id="entry"),
        pytest.param(f"[{{{GOOD}}}]", "releases[0]: tag: expected a tag such as 'v1.3.0', got None", id="no tag"),
        pytest.param(f'[{{"tag": "a\\n", {GOOD}}}]', "releases[0]: tag: expected", id="control character"),
        pytest.param(
            '[{"tag": "v1"}]', "releases[0] (v1): published: expected a date as YYYY-MM-DD, got nothing", id="no date"
        ),
        pytest.param('[{"tag": "v1", "published": "2026-13-01"}]', "(v1): published: expected a date", id="bad date"),
        pytest.param('[{"tag": "v1", "published": "01/02/2026"}]', "(v1): published: expected a date", id="other form"),
        pytest.param('[{"tag": "v1", "published": 1}]', "(v1): published: expected a date", id="number as date"),
        pytest.param(f'[{{"tag": "v1", {GOOD}, "x": 1}}]', "releases[0]: unknown key 'x', known are", id="unknown key"),
        pytest.param(
            f'[{{"tag": "v1", {GOOD}, "backward_incompatible": 1}}]',
            "(v1): backward_incompatible: expected true, false or null, got 1",
            id="bad marker",
        ),
        pytest.param(
            f'[{{"tag": "v1", {GOOD}, "modules_affected": [1]}}]',
            "(v1): modules_affected: expected an array",
            id="modules",
        ),
        pytest.param(
            f'[{{"tag": "v1", {GOOD}}}, {{"tag": "v1", {GOOD}}}]',
            "releases[1]: tag 'v1' stands in the list twice",
            id="twice",
        ),
    ],
)
def test_faults(tmp_path: Path, text: str, reason: str) -> None:
    """One line that names the file and the entry."""
    path = tmp_path / "releases.json"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        from_file(path, UPSTREAM)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unreadable(tmp_path: Path) -> None:
    """A file that isn't there, isn't text or is too large is one line."""
    (tmp_path / "latin").write_bytes(b"\xe9")
    (tmp_path / "large").write_bytes(b" " * (33 * 1024 * 1024))
    for name, reason in {
        "nope": "No such file",
        ".": "Is a directory",
        "latin": "not UTF-8",
        "large": "larger than",
    }.items():
        with pytest.raises(UsageError, match=reason):
            from_file(tmp_path / name, UPSTREAM)

"""The file of a snapshot: written and read again, and whatever else may stand in its place."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from audit.errors import UsageError
from audit.snapshot import load, save, sha256, timeless, to_json
from tests.nouns import request, snapshot

V1 = Path(__file__).parent / "golden/snapshots/v1.json.gz"
WHOLE = to_json(snapshot()).encode()
PACKED = gzip.compress(WHOLE, mtime=0)


@pytest.mark.parametrize("name", ["s.json", "s.json.gz"])
def test_round_trip(tmp_path: Path, name: str) -> None:
    """What was saved is read again as it was, and the same snapshot gives the same bytes."""
    save(snapshot(), tmp_path / name)
    first = (tmp_path / name).read_bytes()
    assert load(tmp_path / name) == snapshot()
    save(snapshot(), tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_requests_are_kept_and_are_no_fact(tmp_path: Path) -> None:
    """By which calls something was seen is in the file, and in its SHA-256; two looks at the same differ in it."""
    (seen,) = snapshot().running.observations
    noted = replace(seen, requests=(request(), replace(request(), id=None, about=("a", "b"), code="X")))
    running = replace(snapshot().running, observations=(noted,), beyond=(noted,))
    whole = replace(snapshot(), running=running)
    save(whole, tmp_path / "s.json")
    again = load(tmp_path / "s.json")
    assert [one.requests for one in again.running.everywhere] == [noted.requests] * 2
    assert sha256(again) == sha256(whole)
    without = replace(whole, running=replace(running, observations=(seen,), beyond=(seen,)))
    assert sha256(without) != sha256(whole)
    assert sha256(timeless(without)) == sha256(timeless(whole))


def test_snapshots_of_before_have_no_requests() -> None:
    """What earlier releases wrote is read, and nothing is made up."""
    assert not any(one.requests for one in load(V1).running.everywhere)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        pytest.param("s.json.gz", PACKED[: len(PACKED) // 2], "not a snapshot", id="cut short"),
        pytest.param("s.json.gz", PACKED[:12] + b"\xff" * 40 + PACKED[52:], "", id="damaged inside"),
        pytest.param("s.json.gz", PACKED[:-8] + b"\0" * 8, "cannot be read", id="other check sum"),
        pytest.param("s.json.gz", WHOLE, "cannot be read", id="no gzip"),
        pytest.param("s.json", PACKED, "not a snapshot", id="gzip by another name"),
        pytest.param("s.json", b"[" * 200_000, "nested too deep", id="deep"),
        pytest.param("s.json", b"", "not a snapshot", id="empty"),
        pytest.param("s.json", b"\xff\xfe{}", "not a snapshot", id="no text"),
        pytest.param("s.json", b"9" * 5000, "not a snapshot", id="long number"),
        pytest.param("s.json", WHOLE.replace(b"+00:00", b"").replace(b'Z"', b'"'), "no time zone", id="no zone"),
        pytest.param(
            "s.json", WHOLE.replace(b'"schema_version":1', b'"schema_version":2'), "a newer release", id="newer"
        ),
        pytest.param("s.json", WHOLE.replace(b'"gaps":[]', b'"gaps":[1]'), "damaged snapshot", id="other type"),
    ],
)
def test_anything_else_is_one_line(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """A file that is damaged, newer or hostile is named, with what is wrong; there is no traceback."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=f"{name}.*{words}") as raised:
        load(tmp_path / name)
    assert str(raised.value).isprintable()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """No more is unpacked than a snapshot could hold: a few kilobytes of gzip can claim to be gigabytes."""
    (tmp_path / "s.json.gz").write_bytes(gzip.compress(b" " * 20_000_000))
    with pytest.raises(UsageError, match="larger than any snapshot"):
        load(tmp_path / "s.json.gz", most_bytes=1_000_000)

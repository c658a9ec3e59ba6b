"""The waivers file is read strictly: each fault with its place, all of them at once; nothing else is ever raised."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import AuditError, UsageError
from audit.verdict.waiver_file import Rules, read
from audit.verdict.waivers import Waivers
from audit.verdict.yaml_nodes import MAX_DEPTH

TODAY = date(2026, 11, 24)
KNOWN = {"image-tag-drift": "image-tag-drift", "family-missing": "family-missing", "family-gone": "family-missing"}
RULES = Rules(today=TODAY, known=KNOWN)

WHOLE = """\
version: 1
waivers:
  - id: W-2026-007
    check: image-tag-drift            # exact id or a list; no bare "*"
    accounts: [prod]                  # names or ids
    regions: [us-west-2]
    containers: [terraform-applier]
    match: {declared: v0.52.1, running: v0.52.0}   # stops applying when the facts change
    reason: change freeze until release 14
    owner: platform@example.com
    ticket: OPS-123
    created: 2026-11-20
    expires: 2026-12-15               # mandatory
exclusions:
  - accounts: [sandbox, 012345678901]
    regions: [eu-west-1]
    reason: closed
    owner: platform@example.com
    ticket: OPS-9
    expires: 2027-02-22
"""


def entry(*lines: str, kind: str = "waivers") -> str:
    """Write a file with one entry of these lines, the first of which stands in line 3."""
    first, *rest = lines
    return f"version: 1\n{kind}:\n  - {first}\n" + "".join(f"    {line}\n" for line in rest)


def waiver(**changes: str | None) -> str:
    """Write a file with one waiver; each key a line of its own, from line 3 on."""
    keys = {"id": "W-1", "check": "image-tag-drift", "reason": "r", "owner": "o", "expires": "2026-12-15", **changes}
    return entry(*(f"{key}: {value}" for key, value in keys.items() if value is not None))


def faults(text: str, rules: Rules = RULES) -> list[str]:
    """Read what is wrong with a file, a line each, without the file's name."""
    with pytest.raises(UsageError) as caught:
        read(text, name="w.yaml", rules=rules)
    lines = str(caught.value).splitlines()
    assert all(line.startswith("w.yaml:") for line in lines)
    return [line.removeprefix("w.yaml:") for line in lines]


def test_every_field_is_read() -> None:
    """The documented example, and an exclusion: texts as they stand, ids with their zeros, days as days."""
    found = read(WHOLE, name="waivers.yaml", rules=RULES)
    (one,), (other,) = found.waivers, found.exclusions
    assert (one.id, one.checks, one.accounts, one.regions) == (
        "W-2026-007",
        ("image-tag-drift",),
        ("prod",),
        ("us-west-2",),
    )
    assert (one.containers, one.declared, one.running) == (("terraform-applier",), "v0.52.1", "v0.52.0")
    assert (one.reason, one.owner, one.ticket) == ("change freeze until release 14", "platform@example.com", "OPS-123")
    assert (one.created, one.expires, str(one.place)) == (date(2026, 11, 20), date(2026, 12, 15), "waivers.yaml:3")
    assert (other.accounts, other.regions, other.ticket) == (("sandbox", "012345678901"), ("eu-west-1",), "OPS-9")
    assert (other.expires, str(other.place)) == (date(2027, 2, 22), "waivers.yaml:15")
    assert found.sha256 is not None
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "1:1: empty; write at least: version: 1", id="empty"),
        pytest.param("# nothing\n", "1:1: empty; write at least: version: 1", id="only comments"),
        pytest.param("- a\n", "1:1: expected keys and values (version, waivers, exclusions)", id="a list"),
        pytest.param("waivers: []\n", "1:1: version missing", id="no version"),
        pytest.param("version: 2\n", "1:10: version: this release reads version 1", id="another version"),
        pytest.param("version: '1'\n", "1:10: version: this release reads version 1", id="version as text"),
        pytest.param("version: 1\nwaiver: []\n", "2:1: unknown key 'waiver' (did you mean 'waivers'?)", id="misspelt"),
        pytest.param("version: 1\nversion: 1\n", "2:1: version is given twice", id="twice"),
        pytest.param("version: 1\n? [a]\n: b\n", "2:3: no key", id="a list for a key"),
        pytest.param("version: 1\nwaivers:\n", "2:9: waivers: expected a list of entries; write []", id="null list"),
        pytest.param("version: 1\nwaivers: {}\n", "2:10: waivers: expected a list", id="mapping for a list"),
        pytest.param("version: 1\nwaivers:\n  - hallo\n", "3:5: expected keys and values (id, check", id="a word"),
        pytest.param(waiver(owner=None), "3:5: owner missing", id="no owner"),
        pytest.param(waiver(expires=None), "3:5: expires missing", id="no expiry"),
        pytest.param(waiver(expiry="2026-12-15"), "8:5: unknown key 'expiry' (did you mean 'expires'?)", id="expiry"),
        pytest.param(waiver(check="image-tag-drif"), "4:12: check: no check has the id 'image-tag-drif' (did", id="id"),
        pytest.param(
            waiver(check="zzz"), "4:12: check: no check has the id 'zzz'; 'pipelines-audit ch", id="unlike any"
        ),
        pytest.param(waiver(check="'*'"), "4:12: check: '*': a waiver names the checks", id="bare star"),
        pytest.param(waiver(check="image-*"), "4:12: check: 'image-*': a waiver names the checks", id="glob of checks"),
        pytest.param(waiver(check="[]"), "4:12: check: an empty list covers nothing", id="no check"),
        pytest.param(waiver(check="{a: b}"), "4:12: check: expected a list", id="mapping for a check"),
        pytest.param(waiver(check="[image-tag-drift, 5]"), "4:30: check: expected a text, not int", id="number"),
        pytest.param(waiver(accounts="prod"), "8:15: accounts: expected a list", id="a text for a list"),
        pytest.param(waiver(accounts="['*']"), "8:16: accounts: '*': write each name out", id="star for accounts"),
        pytest.param(waiver(regions="[us-?]"), "8:15: regions: 'us-?': write each name out", id="glob of regions"),
        pytest.param(waiver(containers="[[a]]"), "8:18: containers: expected a text", id="list in a list"),
        pytest.param(waiver(match="v1"), "8:12: expected keys and values (declared, running)", id="text for match"),
        pytest.param(waiver(match="{}"), "8:12: match: name declared or running", id="empty match"),
        pytest.param(
            waiver(match="{running: 1.10}"), '8:22: running: expected a text, not float; write "1.10"', id="1.10"
        ),
        pytest.param(waiver(match="{ran: v1}"), "8:13: unknown key 'ran'", id="unknown fact"),
        pytest.param(waiver(reason="7"), '5:13: reason: expected a text, not int; write "7"', id="number for a reason"),
        pytest.param(waiver(reason=""), "5:12: reason: has no value", id="no reason"),
        pytest.param(waiver(owner="' '"), "6:12: owner: is empty", id="blank owner"),
        pytest.param(waiver(id="a b"), "3:9: id: 'a b': letters", id="id with a blank"),
        pytest.param(waiver(expires="soon"), "7:14: expires: expected a day, like 2026-12-24", id="no day"),
        pytest.param(waiver(expires="2026-12-15T00:00:00Z"), "7:14: expires: expected a day", id="a time"),
        pytest.param(waiver(expires="20261215"), "7:14: expires: expected a day", id="digits alone"),
        pytest.param(waiver(expires="[2026-12-15]"), "7:14: expires: expected a day", id="list for a day"),
        pytest.param(waiver(expires="2027-02-30"), "7:14: expires: 2027-02-30: day is out of range", id="no such day"),
        pytest.param(waiver(expires="2027-02-23"), "7:14: expires: 2027-02-23 is more than 90 days", id="91 days"),
        pytest.param(waiver(expires="9999-12-31"), "7:14: expires: 9999-12-31 is more than 90 days", id="for ever"),
        pytest.param(waiver(created="2026-12-16"), "7:14: expires: 2026-12-15 is before created", id="before it began"),
        pytest.param(
            entry("reason: r", "owner: o", "expires: 2026-12-15", kind="exclusions"),
            "3:5: an exclusion without accounts and regions",
            id="everything excluded",
        ),
        pytest.param(
            entry("accounts: ['*']", "reason: r", "owner: o", "expires: 2026-12-15", kind="exclusions"),
            "3:16: accounts: '*': write each name out",
            id="star excluded",
        ),
        pytest.param(
            entry("accounts: [a]", "check: x", "reason: r", "owner: o", "expires: 2026-12-15", kind="exclusions"),
            "4:5: unknown key 'check'",
            id="an exclusion of a check",
        ),
        pytest.param(
            entry("accounts: [a]", "reason: r", "owner: o", "expires: 2027-03-15", kind="exclusions"),
            "6:14: expires: 2027-03-15 is more than 90 days",
            id="excluded for too long",
        ),
        pytest.param("version: 1\nwaivers: [\n", "3:1: invalid YAML: ", id="broken"),
        pytest.param("version: 1\n---\nversion: 1\n", "invalid YAML: ", id="two documents"),
        pytest.param("version: 1\nwaivers: &a []\nexclusions: *a\n", "2:10: anchors, aliases and tags", id="an anchor"),
        pytest.param("a: " + "[" * 5000, f"1:{MAX_DEPTH + 3}: nested deeper than {MAX_DEPTH}", id="deep"),
        pytest.param('a: "\\UFFFFFFFF"\n', "invalid YAML: ", id="no such character"),
        pytest.param("a: \x00\n", "1:1: invalid YAML: ", id="a NUL"),
        pytest.param(
            "version: 1\nwaivers: !!python/object:os.system []\n", "2:10: anchors, aliases and tags", id="a tag"
        ),
    ],
)
def test_each_fault_has_its_place(text: str, said: str) -> None:
    """Line, column, what is wrong and what to write instead."""
    (fault, *_) = faults(text)
    if said[0].isdigit():
        assert fault.startswith(said), fault
    else:
        assert said in fault, fault


def test_all_faults_are_told_at_once() -> None:
    """A file is mended in one go: the faults come in the order of the lines."""
    text = waiver(id="a b", check="x", reason="7", owner="''", expires="soon", extra="1")
    assert [fault.partition(": ")[0] for fault in faults(text)] == ["3:9", "4:12", "5:13", "6:12", "7:14", "8:5"]


def test_ids_are_unique() -> None:
    """The second of two is at fault, on whatever line it stands."""
    one = "{id: W-1, check: image-tag-drift, reason: r, owner: o, expires: 2026-12-15}"
    assert faults(f"version: 1\nwaivers: [{one}, {one}]\n") == [
        "2:93: id: 'W-1' is taken by the waiver of line 2; give each its own"
    ]


@pytest.mark.parametrize(
    ("days", "limit", "holds"),
    [(90, 90, True), (91, 90, False), (91, 91, True), (0, 1, True), (-400, 90, True)],
)
def test_expiry_has_a_limit(days: int, limit: int, holds: bool) -> None:  # noqa: FBT001 -- a column of the table
    """As many days ahead as is configured, not one more; what has expired is no fault of the file."""
    text = waiver(expires=str(TODAY + timedelta(days=days)))
    rules = Rules(today=TODAY, max_days=limit, known=KNOWN)
    if holds:
        assert len(read(text, name="w", rules=rules).waivers) == 1
    else:
        assert "set max_waiver_days" in faults(text, rules)[0]


def test_an_earlier_id_of_a_check_is_the_one_of_today() -> None:
    """A renamed check keeps its waivers; the same check twice counts once."""
    text = waiver(check="[family-gone, family-missing]")
    assert read(text, name="w", rules=RULES).waivers[0].checks == ("family-missing",)
    assert read(text, name="w", rules=Rules(today=TODAY)).waivers[0].checks == ("family-gone", "family-missing")


def test_ids_are_taken_as_they_are_where_the_checks_are_not_known() -> None:
    """The second door learns the checks only after it has read the file."""
    assert read(waiver(check="zzz"), name="w", rules=Rules(today=TODAY)).waivers[0].checks == ("zzz",)


def test_a_mark_of_bytes_and_windows_lines_are_read() -> None:
    """A BOM and CR LF change nothing but the hash."""
    plain, windows = read(WHOLE, name="w", rules=RULES), "\ufeff" + WHOLE.replace("\n", "\r\n")
    other = read(windows, name="w", rules=RULES)
    assert (other.waivers, other.exclusions) == (plain.waivers, plain.exclusions)
    assert other.sha256 != plain.sha256


KEYS = st.sampled_from(
    ["version", "waivers", "exclusions", "id", "check", "accounts", "regions", "match", "reason", "owner", "expires"]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.binary(max_size=6),
    st.text(max_size=8),
    st.sampled_from(["W-1", "image-tag-drift", "*", "2026-12-15"]),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=6),
    max_leaves=30,
)


def settled(text: str) -> None:
    """Read a text: waivers come of it, or an error of ours."""
    with contextlib.suppress(AuditError):
        assert isinstance(read(text, name="w", rules=RULES), Waivers)


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_no_tree_raises_anything_else(tree: object) -> None:
    """Whatever YAML can say is read or refused."""
    settled(yaml.safe_dump({"version": 1, "waivers": [tree], "exclusions": [tree]}, allow_unicode=True))
    settled(yaml.safe_dump(tree))


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet=st.sampled_from(list("version: 1\n-[]{}&*!|>'\"%@`#?,\t\\uUx\x00\x85\u2028\ufeffW0")), max_size=60)
)
def test_no_text_raises_anything_else(text: str) -> None:
    """Nor does what is no YAML at all."""
    settled(text)
    settled(WHOLE[:200] + text)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.text(max_size=5))
def test_no_damage_raises_anything_else(at: int, length: int, instead: str) -> None:
    """Nor does a file that was damaged anywhere."""
    settled(WHOLE[:at] + instead + WHOLE[at + length :])

"""Results of shards joined equal what one run over all would say; what does not belong together is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit.cli import main
from audit.errors import UsageError
from audit.verdict.joined import join
from audit.verdict.results import from_json, to_json
from tests.reports import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from audit.verdict.results import Results

NAMES = tuple(sample.ACCOUNTS)


def part(accounts: Iterable[str], words: str = "", run: str = "") -> Results:
    """Cut the sample down to some of its accounts, as a run over them alone would be."""
    whole, mine = sample.results(), frozenset(accounts)
    rows = tuple(row for row in whole.units if row.account in mine or row.coverage == "excluded")
    extents = [row.coverage for row in rows]
    paths = {row.unit for row in rows}
    findings = tuple(found for found in whole.findings if found.account is None or found.account in mine)
    passes = tuple(passed for passed in whole.passes if passed.unit in paths)
    return replace(
        whole,
        run=replace(
            whole.run,
            id=run or f"run of {', '.join(sorted(mine))}",
            selection=replace(whole.run.selection, words=words),
        ),
        snapshot_sha256=f"{len(mine)}{run}" * 8,
        coverage=replace(
            whole.coverage,
            expected=len(mine),
            complete=extents.count("complete"),
            partial=extents.count("partial"),
            unread=extents.count("unread"),
            read=len(mine) - extents.count("unread"),
            gaps=whole.coverage.gaps if "dev" in mine else (),
        ),
        findings=findings,
        passes=passes,
        not_applicable=tuple(quiet for quiet in whole.not_applicable if quiet.unit in paths),
        chains=tuple(chain for chain in whole.chains if chain.unit in paths),
        units=rows,
    )


def test_joined_equals_the_whole() -> None:
    """Units, findings, coverage, counts and the exit code are those of the whole fleet."""
    whole = sample.results()
    joined = join([("a", part(NAMES[:3])), ("b", part(NAMES[3:]))])
    assert joined.coverage == whole.coverage
    assert {found.id for found in joined.findings} == {found.id for found in whole.findings}
    assert len(joined.findings) == len({found.id for found in joined.findings})
    assert joined.units == whole.units
    assert set(joined.passes) == set(whole.passes)
    assert dict(joined.summary) == {
        **dict.fromkeys(joined.summary, 0),
        **whole.summary,
    }
    assert joined.exit_code == 3
    assert joined.verdict.startswith("exit 3: 1 check ended with an error of its own, 17 findings ≥ low")
    assert joined.history is not None
    assert from_json(to_json(joined), name="joined") == joined


def test_order_of_shards_does_not_name_the_run() -> None:
    """The same shards make the same run."""
    one, two = ("a", part(NAMES[:3])), ("b", part(NAMES[3:]))
    assert join([one, two]).run.id == join([two, one]).run.id


def test_shards_lose_their_number_and_keep_the_selection() -> None:
    """All of them there: the whole is not incomplete, and its selection is what they share."""
    one, two = part(NAMES[:3], "--account '*' --shard 1/2"), part(NAMES[3:], "--account '*' --shard 2/2")
    joined = join([("a", one), ("b", two)])
    assert joined.run.incomplete is None
    assert joined.run.selection.words == "--account '*'"
    assert joined.verdict.endswith("(selection: --account '*')")


def test_a_missing_shard_makes_it_incomplete() -> None:
    """Two of three shards are no whole fleet, and neither is one that was cut short."""
    one, two = part(NAMES[:2], "--shard 1/3"), part(NAMES[2:4], "--shard 3/3")
    cut = replace(two, run=replace(two.run, incomplete="stopped by a signal"))
    joined = join([("a", one), ("b", cut)])
    assert joined.exit_code == 2
    assert joined.run.incomplete == "stopped by a signal; shard 2/3 is missing"


def changed(**run: object) -> Callable[[Results], Results]:
    """Change the run of results."""
    return lambda results: replace(results, run=replace(results.run, **run))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (changed(tool_version="9.9"), "not the same release of pipelines-audit as a"),
        (changed(config_sha256="0" * 64), "not the same configuration as a"),
        (changed(waivers_sha256="0" * 64), "not the same waivers as a"),
        (changed(scope="live"), "not the same part of the repository as a"),
        (
            lambda one: replace(one, release_source=replace(one.release_source, newest="v9.9.9")),
            "not the same newest release as a",
        ),
        (
            lambda one: changed(selection=replace(one.run.selection, fail_on="high"))(one),
            "not the same selection as a",
        ),
        (
            lambda one: changed(selection=replace(one.run.selection, words="--shard 2/2"))(one),
            "not the same number of shards as a",
        ),
        (
            lambda one: replace(one, snapshot_taken_at=one.snapshot_taken_at + timedelta(days=2)),
            "taken more than a day apart from a",
        ),
        (lambda _: part(NAMES[2:], run="other"), "overlaps with a: unit security/us-west-2/mgmt/ecs-deploy-runner"),
        (lambda _: part(NAMES[:3]), "overlaps with a: run run of"),
    ],
)
def test_what_does_not_belong_together(change: Callable[[Results], Results], words: str) -> None:
    """Each is refused by the name of its file and the reason."""
    with pytest.raises(UsageError, match=r"^b: ") as refused:
        join([("a", part(NAMES[:3])), ("b", change(part(NAMES[3:])))])
    assert words in str(refused.value)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``report merge A B -o OUT`` writes results that every format can be drawn from."""
    for name, results in (("a", part(NAMES[:3])), ("b", part(NAMES[3:]))):
        (tmp_path / f"{name}.json").write_text(to_json(results), encoding="utf-8")
    one, two, out = (str(tmp_path / name) for name in ("a.json", "b.json", "out.json"))
    page = tmp_path / "page.html"
    assert main(["report", "merge", one, two, "-o", out, "--report", f"html={page}"]) == 0
    assert "exit 3: 1 check ended" in capsys.readouterr().err
    assert main(["report", out, "--report", f"html={page}.again"]) == 0
    assert page.read_bytes() == (tmp_path / "page.html.again").read_bytes()
    assert main(["report", "merge", one, one, "-o", out]) == 4
    assert "overlaps with" in capsys.readouterr().err
    assert main(["report", "merge", one]) == 4
    assert main(["report", "merge", "--help"]) == 0
    assert "Usage: pipelines-audit report merge" in capsys.readouterr().out

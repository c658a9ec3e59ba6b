"""Waivers, exclusions and earlier results from outside: the command, the other door, and the commands for the file."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from audit.cli import main
from audit.configuration.config import Settings
from audit.errors import UsageError
from audit.look import once
from audit.verdict.precedents import waivers
from audit.verdict.results import Results, load
from audit.verdict.waiver_file import Rules, read
from tests.processes import ROOT, run
from tests.test_doors import drifting, saved
from tests.verdict.findings import exclusion

if TYPE_CHECKING:
    from pathlib import Path

TODAY = datetime.now(UTC).date()
DRIFT = f"""\
  - id: W-1
    check: image-tag-drift
    accounts: [dev]
    match: {{declared: v1.3.0, running: v1.2.0}}
    reason: change freeze
    owner: platform@example.com
    expires: {TODAY + timedelta(days=9)}
"""
CLOSED = f"""\
exclusions:
  - accounts: [shared]
    reason: closed
    owner: platform@example.com
    expires: {TODAY + timedelta(days=30)}
"""
HEAD = "version: 1\nwaivers:\n"


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """Write a snapshot of two accounts, one of which drifts."""
    return saved(tmp_path, drifting())


def checked(folder: Path, facts: Path, *options: object) -> tuple[int, Results]:
    """Judge the snapshot by one check alone, and read the results."""
    out = folder / "results.json"
    only = ("--check", "image-tag-drift", "--check", "not-covered")
    code = main(["check", "--snapshot", str(facts), *only, "--report", f"json={out}", *map(str, options)])
    return code, load(out)


def written(path: Path, text: str) -> Path:
    """Write a waivers file."""
    path.write_text(text, encoding="utf-8")
    return path


def test_all_waived_is_0_and_counted(tmp_path: Path, facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The finding stays visible with the days left, the exit code ignores it, warnings go to standard error."""
    file = written(tmp_path / "w.yaml", HEAD + DRIFT)
    code, results = checked(tmp_path, facts, "--waivers", file)
    assert code == 0
    assert results.verdict.startswith("exit 0: no findings ≥ low, 1 waived, 2 of 2 units read")
    (found,) = results.findings
    assert found.waiver is not None
    assert (found.outcome, found.waiver.id, found.waiver.days_left) == ("waived", "W-1", 9)
    assert results.run.waivers_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert {row.account: row.cells[0].state for row in results.units} == {"dev": "waived", "shared": "in sync"}
    shown = capsys.readouterr()
    assert f"warning: {file}:3: waiver W-1: expires in 9 days" in shown.err
    assert "9 days left" in shown.out


def test_other_facts_end_a_waiver(tmp_path: Path, facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was accepted was v1.1.0: with v1.2.0 the finding is there, and the waiver is called unused."""
    file = written(tmp_path / "w.yaml", HEAD + DRIFT.replace("running: v1.2.0", "running: v1.1.0"))
    code, results = checked(tmp_path, facts, "--waivers", file)
    assert (code, results.summary["waived"], results.summary["fail"]) == (1, 0, 1)
    assert [one.kind for one in results.warnings] == ["expires soon", "unused"]
    assert "covers nothing" in capsys.readouterr().err


def test_what_is_excluded_is_not_expected(tmp_path: Path, facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One unit of two is judged; the other stands beside it in the counts, the list and the table."""
    file = written(tmp_path / "w.yaml", "version: 1\n" + CLOSED)
    code, results = checked(tmp_path, facts, "--waivers", file)
    assert (code, results.coverage.expected, results.coverage.excluded) == (1, 1, 1)
    assert [(one.account, one.owner) for one in results.excluded] == [("shared", "platform@example.com")]
    assert not any("shared" in one.unit for one in results.passes)
    assert "excluded: shared us-west-2: closed; platform@example.com, until" in capsys.readouterr().out


def test_everything_excluded_is_5(tmp_path: Path, facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing left to judge is never green."""
    file = written(tmp_path / "w.yaml", "version: 1\n" + CLOSED.replace("[shared]", "[shared, dev]"))
    assert main(["check", "--snapshot", str(facts), "--waivers", str(file)]) == 5
    assert "excludes every unit" in capsys.readouterr().err


def test_what_is_excluded_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call goes to an excluded account; its declaration stays in the snapshot."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (tmp_path / "accounts.json").write_text('{"dev": "345678901234", "shared": "234567890123"}', encoding="utf-8")
    for account in ("dev", "shared"):
        unit = tmp_path / account / "us-west-2" / "mgmt" / "ecs-deploy-runner"
        unit.mkdir(parents=True)
        (unit / "terragrunt.hcl").write_text('terraform { source = "../x//modules/mgmt/ecs-deploy-runner" }')
    settings = Settings(infra_live=tmp_path, offline=True)
    for exclusions, seen in (((), {"dev", "shared"}), ((exclusion(),), {"shared"})):
        snapshot = once.seen(settings, {}, exclusions=exclusions)
        assert {one.account.name for one in snapshot.running.observations} == seen
        assert {unit.account for unit in snapshot.declared.units} == {"dev", "shared"}


def test_faults_are_4_before_anything_is_looked_at(
    tmp_path: Path, facts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each fault on a line of its own, unknown checks among them, and no verdict."""
    file = written(tmp_path / "w.yaml", HEAD + DRIFT.replace("image-tag-drift", "image-tag-drif").replace("id:", "ID:"))
    assert main(["check", "--snapshot", str(facts), "--waivers", str(file)]) == 4
    shown = capsys.readouterr()
    assert f"{file}:3:5: unknown key 'ID'" in shown.err
    assert f"{file}:4:12: check: no check has the id 'image-tag-drif' (did you mean 'image-tag-drift'?)" in shown.err
    assert not shown.out


@pytest.mark.parametrize("option", ["--waivers", "--baseline", "--previous"])
def test_a_missing_file_is_4(option: str, facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that was asked for and is not there is wrong usage, by name."""
    assert main(["check", "--snapshot", str(facts), option, "/nowhere.x"]) == 4
    assert "/nowhere.x: cannot be read: No such file" in capsys.readouterr().err


def test_the_file_of_the_audited_folder_is_found(tmp_path: Path) -> None:
    """``waivers.yaml`` beside ``pipelines-audit.toml`` by default; the toml may name another file below the folder."""
    assert waivers(Settings(infra_live=tmp_path), TODAY).sha256 is None
    written(tmp_path / "waivers.yaml", HEAD + DRIFT)
    found = waivers(Settings(infra_live=tmp_path), TODAY)
    assert (found.file, [one.id for one in found.waivers]) == ("waivers.yaml", ["W-1"])
    (tmp_path / "ops").mkdir()
    other = written(tmp_path / "ops" / "w.yaml", HEAD + DRIFT.replace("W-1", "W-2"))
    named = waivers(Settings(infra_live=tmp_path, waivers=other), TODAY)
    assert (named.file, [one.id for one in named.waivers]) == ("ops/w.yaml", ["W-2"])


@pytest.mark.parametrize("kind", ["link", "broken link", "pipe", "folder", "huge"])
def test_nothing_outside_is_read_through_the_folder(tmp_path: Path, kind: str) -> None:
    """A link that leads out, a FIFO, a folder or a huge file is refused by name, without a wait."""
    repository = tmp_path / "live"
    repository.mkdir()
    place = repository / "waivers.yaml"
    if kind == "link":
        place.symlink_to(written(tmp_path / "secret.yaml", HEAD + DRIFT))
    elif kind == "broken link":
        place.symlink_to("nowhere.yaml")
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        written(place, "#" * 3_000_000)
    with pytest.raises(UsageError, match=r"waivers\.yaml: "):
        waivers(Settings(infra_live=repository), TODAY)


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff", "not UTF-8"), (b"#" * 3_000_000, "larger than the limit")], ids=["bytes", "huge"]
)
def test_a_named_file_must_be_text(tmp_path: Path, content: bytes, said: str) -> None:
    """What was named by hand is bounded and decoded too."""
    (tmp_path / "w.yaml").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        waivers(Settings(waivers=tmp_path / "w.yaml"), TODAY)


def test_the_folder_cannot_name_a_file_outside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``waivers = "../x"`` in the audited repository is an error there."""
    repository = tmp_path / "live"
    repository.mkdir()
    for path in ("../w.yaml", "/etc/hostname"):
        (repository / "pipelines-audit.toml").write_text(f'waivers = "{path}"\n', encoding="utf-8")
        assert main(["waivers", "list", "--infra-live", str(repository)]) == 4
        assert "waivers: leads out of the audited folder" in capsys.readouterr().err


def test_from_night_to_night(tmp_path: Path, facts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file of last night may be the one that is written tonight: ages are carried on in it."""
    file = tmp_path / "results.json"
    _, first = checked(tmp_path, facts)
    code, second = checked(tmp_path, facts, "--previous", file, "--baseline", file)
    assert code == 1
    assert [(one.state, one.first_seen, one.baseline) for one in second.findings] == [
        ("persisting", first.run.judged_at, "persisting")
    ]
    _, third = checked(tmp_path, facts, "--previous", file)
    assert third.findings[0].first_seen == first.run.judged_at
    assert "since the run of " in capsys.readouterr().out


@pytest.mark.thorough
def test_both_doors_agree(tmp_path: Path, facts: Path) -> None:
    """Pytest in a checkout waives and excludes as the command does, calls a waived check xfailed, says the advice."""
    file = written(tmp_path / "w.yaml", HEAD + DRIFT + CLOSED)
    _, results = checked(tmp_path, facts, "--waivers", file)
    out = tmp_path / "other.json"
    options = ("--check=image-tag-drift", "--check=not-covered", f"--snapshot={facts}", f"--waivers={file}")
    done = run("pytest", "-c", ROOT / "pyproject.toml", ROOT / "checks", *options, f"--report=json={out}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 xfailed" in done.stdout
    assert f"warning: {file}:3: waiver W-1: expires in 9 days" in done.stdout
    other = load(out)
    assert (other.verdict, other.findings, other.excluded) == (results.verdict, results.findings, results.excluded)
    assert (other.warnings, other.run.waivers_sha256) == (results.warnings, results.run.waivers_sha256)
    written(file, HEAD + DRIFT.replace("image-tag-drift", "zzz"))
    wrong = run("pytest", "-c", ROOT / "pyproject.toml", ROOT / "checks", *options)
    assert wrong.returncode == 4
    assert "no check has the id 'zzz'" in wrong.stdout + wrong.stderr


def test_lint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 and a count where all is well, with what ends soon; 4 and every fault where it is not."""
    file = written(tmp_path / "w.yaml", HEAD + DRIFT + CLOSED)
    assert main(["waivers", "lint", str(file)]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{file}: 1 waiver, 1 exclusion, no faults\n"
    assert shown.err == f"warning: {file}:3: waiver W-1: {_ends()}; renew it or remove it\n"
    assert main(["waivers", "lint", str(written(file, HEAD + DRIFT + "    expires: soon\n"))]) == 4
    assert "expires is given twice" in capsys.readouterr().err
    assert main(["waivers", "lint", "--infra-live", str(tmp_path)]) == 4
    assert "waivers.yaml: no such file" in capsys.readouterr().err


def _ends() -> str:
    return f"expires in 9 days, on {TODAY + timedelta(days=9)}"


def test_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each entry with what it covers and the days left; as data too."""
    old = DRIFT.replace("W-1", "W-0").replace(str(TODAY + timedelta(days=9)), str(TODAY - timedelta(days=1)))
    file = written(tmp_path / "waivers.yaml", HEAD + DRIFT + old + CLOSED)
    assert main(["waivers", "list", "--infra-live", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "9 days left" in shown
    assert "expired 1 day ago" in shown
    assert shown.endswith("2 waivers, 1 exclusion\n")
    assert main(["waivers", "list", str(file), "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert [(one["id"], one["state"], one["days_left"]) for one in plain["waivers"]] == [
        ("W-1", "expires soon", 9),
        ("W-0", "expired", -1),
    ]
    assert plain["exclusions"][0]["state"] == "holds"
    assert main(["waivers", "list", str(written(file, "version: 1\n"))]) == 0
    assert capsys.readouterr().out == "0 waivers, 0 exclusions\n"


WHY = ("--reason", "change freeze", "--owner", "platform@example.com")


def test_add(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The entry is written behind the others, and waives what it names."""
    file = written(tmp_path / "w.yaml", HEAD + DRIFT + "# end\n")
    given = ("--check", "image-tag-drift", "--account", "prod", "--account", "prod", "--days", "21")
    assert main(["waivers", "add", str(file), *given, *WHY]) == 0
    id_ = f"W-{TODAY.year}-001"
    assert capsys.readouterr().out == f"{file}: {id_} added, holds until {TODAY + timedelta(days=21)}\n"
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"{HEAD}{DRIFT}# end\n  - id: {id_}\n    check: image-tag-drift\n    accounts: [prod]\n")
    assert main(["waivers", "lint", str(file)]) == 0


def test_add_makes_the_file(tmp_path: Path) -> None:
    """In the audited folder, where there is none yet."""
    given = ("--check", "image-tag-drift", "--expires", str(TODAY), "--id", "W-9")
    assert main(["waivers", "add", "--infra-live", str(tmp_path), *given, *WHY]) == 0
    assert (tmp_path / "waivers.yaml").read_text(encoding="utf-8").startswith(f"{HEAD}  - id: W-9\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(("--check", "zzz", "--days", "1"), "no check has the id 'zzz'", id="unknown check"),
        pytest.param(("--check", "image-tag-drift", "--days", "91"), "more than 90 days ahead", id="too long"),
        pytest.param(("--check", "image-tag-drift"), "--expires DAY, or by --days N", id="no end"),
        pytest.param(
            ("--check", "image-tag-drift", "--days", "1", "--expires", "2026-12-01"), "one of them", id="two ends"
        ),
        pytest.param(("--check", "image-tag-drift", "--expires", "soon"), "expected a day", id="no day"),
        pytest.param(("--check", "image-tag-drift", "--days", "1", "--id", "W-1"), "is taken by", id="taken id"),
        pytest.param(("--days", "1"), "Missing option '--check'", id="no check"),
    ],
)
def test_add_refuses(given: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What lint would refuse is 4, and the file is untouched."""
    file = written(tmp_path / "w.yaml", HEAD + DRIFT)
    assert main(["waivers", "add", str(file), *given, *WHY]) == 4
    assert said in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == HEAD + DRIFT


def test_add_where_nothing_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A place that takes no file is wrong usage, by name."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    given = ("--check", "image-tag-drift", "--days", "1")
    assert main(["waivers", "add", str(tmp_path / "file" / "w.yaml"), *given, *WHY]) == 4
    assert "cannot be written" in capsys.readouterr().err


def test_checks_that_cannot_be_loaded_are_no_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken module of --checks-dir: lint says so instead of calling ids unknown."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "test_own.py").write_text("import nothing_like_that\n", encoding="utf-8")
    file = written(tmp_path / "w.yaml", HEAD + DRIFT)
    assert main(["waivers", "lint", str(file), "--checks-dir", str(folder)]) == 4
    assert "its checks could not be loaded" in capsys.readouterr().err


def test_the_documented_file_is_valid() -> None:
    """What docs/waivers.md shows can be copied."""
    page = (ROOT / "docs" / "waivers.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    rules = Rules(today=date(2026, 11, 24), known={"image-tag-drift": "image-tag-drift"})
    found = read(text, name="waivers.yaml", rules=rules)
    assert [len(found.waivers), len(found.exclusions)] == [1, 1]

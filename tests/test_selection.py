"""Which checks are judged and how bad they are: options, the configuration's sections, aliases, checks of one's own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from audit import snapshot as snapshots
from audit.cli import main
from audit.configuration.config import resolve
from audit.errors import UsageError
from audit.model import Seen
from tests.nouns import DEV, RUNNER, SHARED, STACK, definition, families, fresh, observation, row, snapshot
from tests.processes import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

ROWS = (row(account=DEV), row(account=SHARED))
EXAMPLE = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "development.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """Write a snapshot in which dev runs an older tag."""
    old = definition(f"{STACK}-terraform-planner", f"{RUNNER}:v1.2.0")
    seen = observation(DEV, families=Seen(value=(old,)))
    good = observation(SHARED, families=Seen(value=families(ROWS[:1])))
    path = tmp_path / "snapshot.json"
    snapshots.save(fresh(snapshot(rows=ROWS, observations=(seen, good))), path)
    return path


def checked(judged: Path, *arguments: str, config: str = "") -> tuple[int, dict[str, Any]]:
    """Judge the snapshot; gives the exit code and the results."""
    report, file = judged.with_name("r.json"), judged.with_name("c.toml")
    file.write_text(config, encoding="utf-8")
    code = main(["check", "--snapshot", str(judged), "--config", str(file), "--report", f"json={report}", *arguments])
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return code, found


def note(found: dict[str, Any], check: str) -> dict[str, Any]:
    """Give what the results say about a check."""
    (one,) = (one for one in found["checks"] if one["id"] == check)
    return dict(one)


def test_severity_can_be_changed(judged: Path) -> None:
    """The finding, the note and the selection by severity follow the configuration."""
    code, found = checked(judged, "--fail-on", "high", config='[severities]\nimage-tag-drift = "medium"\n')
    assert code == 0
    assert note(found, "image-tag-drift")["severity"] == "medium"
    assert {one["severity"] for one in found["findings"] if one["check"] == "image-tag-drift"} == {"medium"}
    code, _ = checked(judged, "--severity", "high", config='[severities]\nimage-tag-drift = "medium"\n')
    assert code == 0


def test_disabled_check_is_shown_with_its_reason(judged: Path) -> None:
    """It is not judged, and the results say why; all others are, and none is marked so."""
    code, found = checked(judged, config='[disabled]\nimage-tag-drift = "change freeze"\n')
    assert code == 0
    assert "image-tag-drift" not in {one["check"] for one in found["findings"]}
    assert note(found, "image-tag-drift")["disabled"] == "change freeze"
    assert note(found, "image-repository-drift")["disabled"] is None


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            '[disabled]\nimage-tag-dritf = "typo"\n',
            "disabled: no check has the id 'image-tag-dritf' (did you mean 'image-tag-drift'?)",
        ),
        ('[severities]\nnonsense = "low"\n', "severities: no check has the id 'nonsense'"),
        ('[disabled]\nimage-tag-drift = " "\n', "image-tag-drift: give the reason why"),
        ('[severities]\nimage-tag-drift = "worst"\n', "severities.image-tag-drift"),
        ('[policy]\nallowed = "about 1"\n', "is no version specifier"),
        ("[policy]\nmax_days_behind = -1\n", "policy.max_days_behind: -1 is less than 0"),
        ("[policy]\nnonsense = 1\n", "policy.nonsense"),
        ("[limits]\ntask_hours = -1\n", "limits.task_hours: -1 is less than 0"),
    ],
)
def test_faults_of_the_configuration(judged: Path, config: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each ends with 4 and one line that names the key."""
    code, found = checked(judged, config=config)
    assert (code, found) == (4, {})
    assert words in capsys.readouterr().err


def test_policy_may_stand_in_the_audited_repository(tmp_path: Path) -> None:
    """Versions, limits, severities and disabled checks are policy; what could ask AWS for more is not."""
    file = tmp_path / "pipelines-audit.toml"
    file.write_text(
        '[policy]\nallowed = ">=1"\nknown_bad = []\n[limits]\nexpiry_days = 3\n[severities]\nx-y = "low"\n'
        '[disabled]\nx-y = "z"\n',
        encoding="utf-8",
    )
    settings, _ = resolve({"infra_live": tmp_path}, {})
    assert (settings.policy.allowed, settings.policy.known_bad, settings.limits.expiry_days) == (">=1", (), 3)
    assert (settings.severities, settings.disabled) == ({"x-y": "low"}, {"x-y": "z"})
    file.write_text("simulate_roles = true\n", encoding="utf-8")
    with pytest.raises(UsageError, match="simulate_roles is not read from the audited repository"):
        resolve({"infra_live": tmp_path}, {})


@pytest.mark.parametrize(
    ("arguments", "checks"),
    [
        (["-k", "tag_drift"], {"image-tag-drift"}),
        (["--keyword", "test_image_tag_drift and dev"], {"image-tag-drift"}),
        (["-m", "security and critical"], {"secret-in-environment", "secret-missing", "task-role-can-change-itself"}),
        (["-m", "coverage", "--severity", "high"], {"not-covered", "nothing-declared", "snapshot-stale"}),
        (["-m", "invoker and high"], {"invoker-missing", "invoker-update-failed"}),
        (["-m", "accounts and info"], {"account-without-unit"}),
        (["-m", "organization and info"], {"organization-account-undeclared"}),
    ],
)
def test_narrowed_as_pytest_does(judged: Path, arguments: list[str], checks: set[str]) -> None:
    """Items are chosen by their names and by marks of subject and severity, and the verdict says so."""
    _, found = checked(judged, *arguments)
    assert {one["id"] for one in found["checks"]} == checks
    assert "(selection: " in found["verdict"]
    assert arguments[0].replace("--keyword", "-k") in found["verdict"]


def test_both_doors_narrow_alike(judged: Path) -> None:
    """Pytest's own options count in a checkout."""
    ended = run("pytest", ROOT / "checks", f"--snapshot={judged}", "-k", "tag_drift and shared")
    assert "exit 0: in sync" in ended.stdout
    assert "(selection: -k 'tag_drift and shared')" in ended.stdout


@pytest.mark.parametrize("expression", ["(", "and"])
def test_expression_that_is_none(judged: Path, expression: str) -> None:
    """A selection that pytest can't read ends with 4."""
    assert checked(judged, "-k", expression)[0] == 4


def test_selection_that_leaves_nothing(judged: Path) -> None:
    """Zero work is 5, never 0."""
    assert checked(judged, "-k", "nothing_is_called_so")[0] == 5


RENAMED = """
from audit.verdict.check import check


@check("own-new-name", aliases=("own-old-name",), severity="low", remedy="mend it")
def test_renamed(unit, findings):
    \"\"\"A check that was renamed.\"\"\"
"""


def test_alias_is_a_name(judged: Path, tmp_path: Path) -> None:
    """The former id selects, disables and changes the severity of a renamed check."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "test_own.py").write_text(RENAMED, encoding="utf-8")
    own = ("--checks-dir", str(folder))
    _, found = checked(judged, *own, "--check", "own-old-name")
    assert [one["id"] for one in found["checks"]] == ["own-new-name"]
    _, found = checked(judged, *own, config='[disabled]\nown-old-name = "later"\n')
    assert note(found, "own-new-name")["disabled"] == "later"
    _, found = checked(judged, *own, config='[severities]\nown-old-name = "info"\n')
    assert note(found, "own-new-name")["severity"] == "info"


def test_example_of_an_own_check(judged: Path, tmp_path: Path) -> None:
    """The worked example of docs/development.md runs as it stands there, and is in every report."""
    assert EXAMPLE is not None
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "test_images.py").write_text(EXAMPLE[1], encoding="utf-8")
    page = tmp_path / "page.html"
    code, found = checked(judged, "--checks-dir", str(folder), "--report", f"html={page}")
    assert code == 1
    own = [one for one in found["findings"] if one["check"] == "acme-image-registry"]
    assert {one["outcome"] for one in own} == {"fail"}
    assert "acme-image-registry" in page.read_text(encoding="utf-8")
    assert note(found, "acme-image-registry")["title"] == "An image does not come from our own registry."


REFUSED = {
    "empty": ({}, "holds no check"),
    "no check in it": ({"test_own.py": "def test_nothing():\n    pass\n"}, "holds no check"),
    "an id of ours": (
        {"test_own.py": RENAMED.replace("own-new-name", "image-tag-drift")},
        "two checks have the id 'image-tag-drift', in checks/test_images.py and own/test_own.py",
    ),
    "an earlier id twice": (
        {"test_a.py": RENAMED, "test_b.py": RENAMED.replace("own-new-name", "own-third-name")},
        "two checks have the id 'own-old-name', in own/test_a.py and own/test_b.py",
    ),
}


@pytest.mark.parametrize(("files", "words"), REFUSED.values(), ids=REFUSED)
def test_own_folder_that_is_refused(
    judged: Path, tmp_path: Path, files: dict[str, str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without any check they would seem to have been judged; two of one id could not be told apart."""
    folder = tmp_path / "own"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert checked(judged, "--checks-dir", str(folder)) == (4, {})
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def x(:\n", "test_own.py (SyntaxError at test_own.py:1)"),
        ("\nraise RuntimeError('ghp_planted')\n", "test_own.py (RuntimeError at test_own.py:2)"),
        ("import nonsense_that_is_not_there\n", "test_own.py (ModuleNotFoundError at test_own.py:1)"),
    ],
)
def test_own_module_that_does_not_load(
    judged: Path, tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line says which one, and where it broke; never what the exception says."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "test_own.py").write_text(text, encoding="utf-8")
    code, found = checked(judged, "--checks-dir", str(folder))
    assert code == 2
    assert words in found["verdict"]
    shown = capsys.readouterr()
    assert "ghp_planted" not in shown.out + shown.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--check", "kaniko-too-old"], "kaniko-too-old: judged by 'pipelines-audit ready', not by this command"),
        (["-m", "securty"], "-m: no check has the mark 'securty' (did you mean 'security'?)"),
        (["-m", "high and not zebra"], "-m: no check has the mark 'zebra'"),
    ],
)
def test_what_is_asked_for_and_is_not_there(
    judged: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage ends with 4, and says where to look."""
    assert checked(judged, *arguments)[0] == 4
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema_version": 2}', "schema_version 2: this release reads 1; use a newer release"),
        ("{}", "Field required; give a file written by --report json=FILE"),
        ("[]", "give a file written by --report json=FILE"),
        ("{", "Invalid JSON"),
        ("[" * 100_000, "give a file written by --report json=FILE"),
    ],
)
def test_baseline_that_is_none(judged: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of another schema, or of none, is refused before anything is judged."""
    file = judged.with_name("base.json")
    file.write_text(text, encoding="utf-8")
    assert checked(judged, "--baseline", str(file)) == (4, {})
    assert words in capsys.readouterr().err


def test_baseline_of_a_later_schema(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole as it looks, what it means is not known."""
    _, found = checked(judged)
    file = judged.with_name("r.json")
    later = judged.with_name("later.json")
    later.write_text(json.dumps({**found, "schema_version": 2}), encoding="utf-8")
    file.unlink()
    assert checked(judged, "--baseline", str(later)) == (4, {})
    assert "schema_version 2" in capsys.readouterr().err

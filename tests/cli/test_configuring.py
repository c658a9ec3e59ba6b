"""``config``: what is in force and what set it, the keys, the schema, and that no secret is shown."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from audit.cli import main
from audit.configuration.config import resolve
from audit.configuration.file import NOUNS
from audit.configuration.options import OPTIONS
from audit.configuration.sections import SECTIONS
from reports.keys import keys, markdown
from tests.processes import ROOT
from tests.schemas import jsonschema

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2-secret"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a home of its own, without variables of ours."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    for option in OPTIONS.values():
        monkeypatch.delenv(option.variable, raising=False)
    return tmp_path / "home"


@pytest.fixture
def places(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Set values in each of the five places; give the options."""
    live, own = tmp_path / "live", home / "pipelines-audit" / "config.toml"
    live.mkdir()
    own.parent.mkdir(parents=True)
    (live / "pipelines-audit.toml").write_text(
        'fail_on = "info"\nmax_waiver_days = 30\nwaivers = "w.yaml"\n[policy]\nallowed = ">=1"\nmin_age_days = 3\n'
        '[disabled]\nrelease-list-stale = "known"\n'
    )
    own.write_text(
        f'external_id = "{SECRET}"\nmax_waiver_days = 31\n[policy]\nmin_age_days = 4\n'
        f'[accounts.prod]\nexternal_id = "{SECRET}"\n[[root]]\npath = "legacy"\n'
    )
    (tmp_path / "c.toml").write_text(f'notify = ["slack=https://hooks.example.com/{SECRET}"]\nregion = ["us-west-2"]\n')
    monkeypatch.setenv("PIPELINES_AUDIT_HISTORY", f"postgresql+psycopg://u:{SECRET}@db.example.com/x")
    monkeypatch.setenv("PIPELINES_AUDIT_GITHUB_URL", f"https://u:{SECRET}@github.example.com/api/v3")
    return ["--infra-live", str(live), "--config", str(tmp_path / "c.toml"), "--account", "dev"]


def shown(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Give what a command prints; it ends with 0."""
    assert main([*argv]) == 0
    return capsys.readouterr().out


def test_origin_of_each_value(places: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each value says which file, variable or option set it; sections are merged key by key."""
    found = json.loads(shown(capsys, "config", "show", "--json", *places))
    origins = {one["key"]: (one["origin"]["kind"], one["origin"]["name"]) for one in found["values"]}
    repository, own = str(tmp_path / "live/pipelines-audit.toml"), str(tmp_path / "home/pipelines-audit/config.toml")
    wanted: dict[str, tuple[str, str | None]] = {
        "fail_on": ("file", repository),
        "policy.allowed": ("file", repository),
        "policy.min_age_days": ("file", own),
        "max_waiver_days": ("file", own),
        "disabled.release-list-stale": ("file", repository),
        "accounts.prod": ("file", own),
        "root": ("file", own),
        "region": ("file", str(tmp_path / "c.toml")),
        "history": ("variable", "PIPELINES_AUDIT_HISTORY"),
        "account": ("option", "--account"),
        "infra_live": ("option", "--infra-live"),
        "authenticator": ("default", None),
        "limits.task_hours": ("default", None),
    }
    assert {key: origins[key] for key in wanted} == wanted
    values: dict[str, Any] = {one["key"]: one["value"] for one in found["values"]}
    assert (values["policy.min_age_days"], values["max_waiver_days"], values["account"]) == (4, 31, ["dev"])
    assert values["accounts.prod"] == {"external_id": "***"}
    assert [(one["found"], one["policy_only"]) for one in found["files"]] == [
        (True, True),
        (True, False),
        (True, False),
    ]


@pytest.mark.parametrize("form", [(), ("--origin",), ("--json",)], ids=["plain", "origin", "json"])
def test_no_secret_is_shown(places: list[str], form: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Addresses of histories and notices, external ids and passwords in addresses are masked everywhere."""
    text = shown(capsys, "config", "show", *form, *places)
    assert SECRET not in text
    assert text.count("***") == 5


def test_what_is_shown_can_be_read_again(places: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The text is a configuration that says the same, but for the secrets."""
    text = shown(capsys, "config", "show", "--origin", *places)
    (tmp_path / "again.toml").write_text(text)
    again, _ = resolve({}, {}, config=tmp_path / "again.toml")
    assert (again.fail_on, again.account, again.policy.min_age_days) == ("info", ("dev",), 4)
    assert again.waivers == tmp_path / "live/w.yaml"
    assert again.disabled == {"release-list-stale": "known"}
    assert [one.path for one in again.root] == ["legacy"]
    assert (again.history, again.notify, again.external_id) == (None, (), None)
    assert "# not set: " in text
    assert f"# {tmp_path}/live/pipelines-audit.toml (policy only)" in text


def test_files_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a file would be read is said too."""
    text = shown(capsys, "config", "show", "--infra-live", str(tmp_path))
    assert f"# {tmp_path}/pipelines-audit.toml (policy only, not there)" in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("[severities]\nimage-tag-dritf = 'low'", "severities: no check has the id", id="severity"),
        pytest.param("[disabled]\nimage-tag-dritf = 'x'", "(did you mean 'image-tag-drift'?)", id="disabled"),
        pytest.param("check = ['image-tag-dritf']", "(did you mean 'image-tag-drift'?)", id="check"),
        pytest.param("role_arn = 'nonsense'", "--role-arn 'nonsense'", id="template"),
        pytest.param("[polisy]\nallowed = 'x'", "unknown key 'polisy' (did you mean 'policy'?)", id="section"),
        pytest.param("[policy]\nalowed = 'x'", "policy.alowed: unknown key (did you mean 'allowed'?)", id="key"),
        pytest.param("task_hours = 3", "unknown key 'task_hours' (it belongs into [limits])", id="place"),
        pytest.param("fail-on = 'low'", "unknown key 'fail-on' (did you mean 'fail_on'?)", id="hyphen"),
    ],
)
def test_what_a_run_would_refuse(tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong keys and ids end with 4 and say what was meant."""
    (tmp_path / "c.toml").write_text(text)
    assert main(["config", "show", "--config", str(tmp_path / "c.toml")]) == 4
    assert words in capsys.readouterr().err


def test_variables_that_set_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A variable that looks like ours and isn't is said, with what was meant."""
    monkeypatch.setenv("PIPELINES_AUDIT_ROLE_ARM", "x")
    assert main(["config", "show"]) == 0
    words = "PIPELINES_AUDIT_ROLE_ARM: no option has this variable (did you mean 'PIPELINES_AUDIT_ROLE_ARN'?)"
    assert words in capsys.readouterr().err


def test_checks_of_their_own_must_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a folder of checks can't be loaded, its ids aren't known, and that is said."""
    (tmp_path / "test_broken.py").write_text("import nonsense_that_is_nowhere\n")
    assert main(["config", "schema", "--checks-dir", str(tmp_path)]) == 4
    assert "its checks could not be loaded" in capsys.readouterr().err


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Both schemas are printed as JSON, and the smaller one refuses what the repository may not set."""
    own = json.loads(shown(capsys, "config", "schema"))
    small = json.loads(shown(capsys, "config", "schema", "--repository"))
    text = tomllib.loads("role_arn = 'arn:aws:iam::{account_id}:role/x'")
    assert jsonschema.Draft202012Validator(own).is_valid(text)
    assert not jsonschema.Draft202012Validator(small).is_valid(text)


def test_documentation_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    """The page in docs/ is what the command prints; write it anew by pipelines-audit config keys --markdown."""
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == markdown(keys())
    assert shown(capsys, "config", "keys", "--markdown") == markdown(keys())


def test_every_key_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option and each key of each section is listed, with a sentence, and stands on the page."""
    page = markdown(keys())
    listed = json.loads(shown(capsys, "config", "keys", "--json"))["keys"]
    assert {one["key"] for one in listed if one["option"]} == set(OPTIONS)
    assert all(one["help"] for one in listed)
    assert all(f"| `{one['key'].rpartition('.')[2]}` |" in page for one in listed)
    assert "max_waiver_days" in shown(capsys, "config", "keys")


@pytest.mark.parametrize("name", NOUNS)
def test_keys_of_sections(name: str) -> None:
    """The keys that a section lists are those that it has."""
    assert list(SECTIONS[name].keys) == [one.name for one in fields(NOUNS[name])]

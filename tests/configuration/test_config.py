"""Where settings come from, which of them wins, and what is refused with which words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Reading, Root, Settings, from_environment, quoted, resolve
from audit.configuration.options import OPTIONS
from audit.configuration.sections import SECTIONS
from audit.errors import UsageError
from audit.model import AccountEntry

if TYPE_CHECKING:
    from pathlib import Path


def written(path: Path, text: str) -> Path:
    """Write a configuration file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults() -> None:
    """Nothing given: the defaults, and no file to hash."""
    assert resolve({}, {}) == (Settings(), None)


def test_nearer_wins(tmp_path: Path) -> None:
    """Repository < user's file < --config < environment < option, key by key."""
    live = tmp_path / "live"
    written(
        live / "pipelines-audit.toml", 'fail_on = "info"\nmax_release_age_days = 1\naccount = ["a"]\nregion = ["r"]\n'
    )
    written(tmp_path / "xdg/pipelines-audit/config.toml", 'max_release_age_days = 2\naccount = ["b"]\nregion = ["s"]\n')
    given = written(tmp_path / "c.toml", 'account = ["c"]\nregion = ["t"]\n')
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "PIPELINES_AUDIT_REGION": "u,v"}
    settings, digest = resolve({"infra_live": live, "region": ("w",)}, environment, config=given)
    assert settings.fail_on == "info"
    assert settings.max_release_age_days == 2
    assert settings.account == ("c",)
    assert settings.region == ("w",)
    assert digest is not None
    assert resolve({"infra_live": live}, environment, config=given)[0].region == ("u", "v")


def test_home_is_used_without_xdg(tmp_path: Path) -> None:
    """Without XDG_CONFIG_HOME the user's file lies below ~/.config."""
    written(tmp_path / ".config/pipelines-audit/config.toml", "workers = 3\n")
    assert resolve({}, {"HOME": str(tmp_path)})[0].workers == 3


def test_variable_names_the_file(tmp_path: Path) -> None:
    """PIPELINES_AUDIT_CONFIG stands for --config; relative paths in a file count from its folder."""
    given = written(tmp_path / "c.toml", 'infra_live = "live"\noffline = true\n')
    settings, _ = resolve({}, {"PIPELINES_AUDIT_CONFIG": str(given)})
    assert settings.infra_live == tmp_path / "live"
    assert settings.offline


def test_config_inside_the_repository_is_trusted_where_named(tmp_path: Path) -> None:
    """The very file in the repository, given by --config, is the user's own choice."""
    given = written(tmp_path / "pipelines-audit.toml", 'role_arn = "arn:aws:iam::{account_id}:role/x"\n')
    assert resolve({"infra_live": tmp_path}, {}, config=given)[0].role_arn is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("role_arn = 'x'", "role_arn is not read from the audited repository", id="could get in"),
        pytest.param("[accounts.dev]\nprofile = 'x'", "accounts is not read from the audited", id="own way in"),
        pytest.param("via = ['x']", "via is not read from the audited repository", id="chain"),
        pytest.param("organization_role_arn = 'x'", "organization_role_arn is not read", id="list"),
        pytest.param("github_url = 'https://x.example.com'", "github_url is not read", id="could send"),
        pytest.param("infra_live = '/etc'", "infra_live is not read", id="could read"),
        pytest.param("waivers = '../w.yaml'", "waivers: leads out of the audited folder", id="could read beyond"),
        pytest.param("acount = ['x']", "unknown key 'acount' (did you mean 'account'?)", id="typo"),
        pytest.param("zzz = 1", "unknown key 'zzz'", id="unknown"),
        pytest.param("fail_on = 'worst'", "fail_on: input should be", id="no level"),
        pytest.param("account = 'dev'", "account: ", id="no list"),
        pytest.param("a = [", "not valid TOML", id="no TOML"),
    ],
)
def test_the_repository_sets_policy_only(tmp_path: Path, text: str, words: str) -> None:
    """What could run, read or send something, and what nobody knows, is refused by file and key."""
    written(tmp_path / "pipelines-audit.toml", text)
    with pytest.raises(UsageError) as caught:
        resolve({"infra_live": tmp_path}, {})
    assert str(tmp_path / "pipelines-audit.toml") in str(caught.value)
    assert words in str(caught.value)


def test_accounts_are_entries_by_name(tmp_path: Path) -> None:
    """What the file says of single accounts is read as one entry each."""
    text = """
    [accounts.prod]
    id = "456789012345"
    regions = ["us-west-2"]
    role_arn = "arn:aws:iam::456789012345:role/audit"
    external_id = "abc"
    via = ["arn:aws:iam::111122223333:role/hub"]
    [accounts.dev]
    profile = "own"
    """
    settings, _ = resolve({}, {}, config=written(tmp_path / "c.toml", text))
    assert settings.accounts == {
        "prod": AccountEntry(
            id="456789012345",
            regions=("us-west-2",),
            role_arn="arn:aws:iam::456789012345:role/audit",
            external_id="abc",
            via=("arn:aws:iam::111122223333:role/hub",),
        ),
        "dev": AccountEntry(profile="own"),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "[accounts.prod]\nextenal_id = 'x'", "accounts.prod.extenal_id: unknown key (did you mean", id="typo"
        ),
        pytest.param("[accounts.prod]\nzzz = 'x'", "accounts.prod.zzz: unknown key", id="unknown"),
        pytest.param(
            "[accounts.prod]\nid = 123456789012", "accounts.prod.id: input should be a valid string", id="number"
        ),
        pytest.param(
            "[[root]]\npath = 'x'\nacount = 'y'", "root[0].acount: unknown key (did you mean 'account'?)", id="root"
        ),
    ],
)
def test_a_bad_key_is_reported_by_its_path(tmp_path: Path, text: str, words: str) -> None:
    """A key inside of an entry is named by its whole path."""
    with pytest.raises(UsageError, match=re.escape(words)):
        resolve({}, {}, config=written(tmp_path / "c.toml", text))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    """Bad keys, bad values and what is too small are complaints in one line."""
    given = written(tmp_path / "c.toml", "one = 1\ntwo = 2\nfail_on = 'x'\n[limits]\ntask_hours = 'y'\n")
    with pytest.raises(UsageError, match=r"'one'.*'two'.*fail_on: .*limits\.task_hours: "):
        resolve({}, {}, config=given)


@pytest.mark.parametrize("name", ["missing.toml", "folder"])
def test_a_named_file_must_be_readable(tmp_path: Path, name: str) -> None:
    """A file that was named and can't be read is an error, not a default."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        resolve({}, {}, config=tmp_path / name)


def test_a_file_must_be_utf8(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are said to be so."""
    given = tmp_path / "c.toml"
    given.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        resolve({}, {}, config=given)


def test_environment_kinds() -> None:
    """Lists are split, flags are read as words, the rest stays text."""
    found = from_environment(
        {"PIPELINES_AUDIT_CHECK": "a b,c", "PIPELINES_AUDIT_OFFLINE": "off", "PIPELINES_AUDIT_AT": "main"}
    )
    assert found == {"check": ("a", "b", "c"), "offline": False, "at": "main"}


def test_environment_faults() -> None:
    """A flag that is neither true nor false names its variable; a bad number names its key."""
    with pytest.raises(UsageError, match="PIPELINES_AUDIT_OFFLINE: 'maybe' is neither true nor false"):
        from_environment({"PIPELINES_AUDIT_OFFLINE": "maybe"})
    with pytest.raises(UsageError, match="PIPELINES_AUDIT_WORKERS: input should be a valid integer"):
        resolve({}, {"PIPELINES_AUDIT_WORKERS": "many"})


def test_options_cover_the_settings() -> None:
    """Every setting is an option or a section, with a help text and names for each place."""
    assert {*OPTIONS, *SECTIONS} == {name for name in Settings.__dataclass_fields__ if not name.startswith("_")}
    option = OPTIONS["fail_on"]
    assert (option.flag, option.variable) == ("--fail-on", "PIPELINES_AUDIT_FAIL_ON")
    assert all(option.help for option in OPTIONS.values())


def test_selection_in_words() -> None:
    """The selection reads as it would stand on a command line, quoted where a shell would need it."""
    settings = Settings(account=("prod*",), region=("us-west-2",), severity="high")
    assert settings.words() == "--account 'prod*' --region us-west-2 --severity high"
    assert quoted("it's") == "'it'\\''s'"
    assert Settings().words() == ""


def test_roots_are_read(tmp_path: Path) -> None:
    """``[[root]]`` says whose a plain root is; a wrong key is named by its path."""
    given = written(tmp_path / "c.toml", '[[root]]\npath = "legacy"\naccount = "dev"\nregion = "us-west-2"\n')
    assert resolve({}, {}, config=given)[0].root == (Root(path="legacy", account="dev", region="us-west-2"),)
    written(given, '[[root]]\npath = "legacy"\nacount = "dev"\n')
    with pytest.raises(UsageError, match=r"root\[0\]\.acount: "):
        resolve({}, {}, config=given)


def test_limits_of_reading(tmp_path: Path) -> None:
    """How much HCL is read in a file is the user's choice, never the repository's; depth can only be lowered."""
    given = written(tmp_path / "c.toml", "[reading]\nsize = 100\ndepth = 5\n")
    assert resolve({}, {}, config=given)[0].reading == Reading(size=100, depth=5)
    written(given, "[reading]\ndepth = 61\n")
    with pytest.raises(UsageError, match="depth is 1 to 60"):
        resolve({}, {}, config=given)
    written(tmp_path / "live/pipelines-audit.toml", "[reading]\nsize = 1\n")
    with pytest.raises(UsageError, match="reading is not read from the audited repository"):
        resolve({"infra_live": tmp_path / "live"}, {})

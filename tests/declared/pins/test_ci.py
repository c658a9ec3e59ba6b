"""CI files: ``MODULE_CI_VERSION`` at any level, at its value, and nothing that only looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit.declared.pins.ci import docker_pins, jenkins_pins, yaml_pins
from audit.errors import HclSyntaxError, LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.declared.model import Pin


def rows(pins: Iterator[Pin]) -> list[tuple[str, int, int]]:
    """Give pins as value, line and column."""
    found = list(pins)
    assert {(pin.kind, pin.name) for pin in found} <= {("ci-version", "MODULE_CI_VERSION")}
    return [(pin.value, pin.origin.line, pin.origin.column) for pin in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("env:\n  MODULE_CI_VERSION: v0.52.1 # v0.51\n", [("v0.52.1", 2, 22)], id="plain"),
        pytest.param('env:\n  MODULE_CI_VERSION: "v0.52.1"\n', [("v0.52.1", 2, 22)], id="double quotes"),
        pytest.param("a: [{b: {'MODULE_CI_VERSION': 'v1'}}]\n", [("v1", 1, 31)], id="flow"),
        pytest.param("MODULE_CI_VERSION: &v !!str v1\n", [("v1", 1, 29)], id="anchor and tag before it"),
        pytest.param(
            "x: &v v1\na:\n  MODULE_CI_VERSION: *v\nb:\n  MODULE_CI_VERSION: *v\n",
            [("v1", 1, 7), ("v1", 1, 7)],
            id="alias",
        ),
        pytest.param(
            "defaults: &d\n  environment:\n    MODULE_CI_VERSION: v1\njob:\n  <<: *d\n",
            [("v1", 3, 24)],
            id="merge key",
        ),
        pytest.param(
            "a: !reference [.x, y]\nb:\n  MODULE_CI_VERSION: v1\nc: !reference\n  - z\n",
            [("v1", 3, 22)],
            id="tag of its own",
        ),
        pytest.param(
            'variables:\n  MODULE_CI_VERSION:\n    value: "v1"\n    description: v2\n',
            [("v1", 3, 12)],
            id="variable with description",
        ),
        pytest.param(
            "MODULE_CI_VERSION: v1\n---\n? {a: b}\n: MODULE_CI_VERSION\nMODULE_CI_VERSION: v2\n...\n",
            [("v1", 1, 20), ("v2", 5, 20)],
            id="documents and odd keys",
        ),
        pytest.param("\ufeffMODULE_CI_VERSION: v1\r\n", [("v1", 1, 20)], id="mark and CRLF"),
        pytest.param("é: ü\nô: {MODULE_CI_VERSION: v1}\n", [("v1", 2, 24)], id="characters, not bytes"),
        pytest.param("MODULE_CI_VERSION: ${{ vars.MODULE_CI_VERSION }}\n", [], id="reference"),
        pytest.param("MODULE_CI_VERSION: << pipeline.parameters.v >>\n", [], id="parameter"),
        pytest.param("MODULE_CI_VERSION:\n", [], id="nothing"),
        pytest.param("MODULE_CI_VERSION: [v1]\n", [], id="list"),
        pytest.param("# MODULE_CI_VERSION: v1\na: 'MODULE_CI_VERSION: v1'\n", [], id="comment and text"),
        pytest.param("run: |\n  echo MODULE_CI_VERSION: v1\n", [], id="block text"),
        pytest.param("a: [MODULE_CI_VERSION, v1]\nvalue: v2\n", [], id="item"),
        pytest.param("a: *nowhere\nMODULE_CI_VERSION: *nowhere\n", [], id="alias of nothing"),
        pytest.param("not: [valid\n", [], id="broken, but without the name"),
    ],
)
def test_yaml(text: str, expected: list[tuple[str, int, int]]) -> None:
    """The name counts as a key, with a literal as its value."""
    assert rows(yaml_pins(text, "ci.yml")) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("MODULE_CI_VERSION: v1\na: [b\n", (3, 1), id="unclosed"),
        pytest.param("a: b\n\tMODULE_CI_VERSION: v1\n", (2, 1), id="tab"),
        pytest.param("MODULE_CI_VERSION: \x07", (0, 0), id="control character"),
    ],
)
def test_broken_yaml(text: str, place: tuple[int, int]) -> None:
    """Text that is no YAML is an error of one line, with its place."""
    with pytest.raises(HclSyntaxError, match="not valid YAML") as caught:
        list(yaml_pins(text, "ci.yml"))
    assert (caught.value.line, caught.value.column) == place
    assert "\n" not in str(caught.value)


def test_anchors_of_anchors() -> None:
    """Anchors of anchors cost no more than their text."""
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert rows(yaml_pins(f"{bomb}MODULE_CI_VERSION: v1\n", "ci.yml")) == [("v1", 31, 20)]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        pytest.param(" [\n" * 100_000, "nested deeper than 100 levels", id="flow"),
        pytest.param("".join("  " * n + "a:\n" for n in range(200)), "nested deeper than 100 levels", id="block"),
        pytest.param("#" * 600_000, "larger than the limit of 524,288 characters", id="size"),
    ],
)
def test_limits(text: str, limit: str) -> None:
    """Too deep or too large is an error that says the limit, at once."""
    with pytest.raises(LimitError, match=limit):
        list(yaml_pins(f"MODULE_CI_VERSION: v1\nb: \n{text}", "ci.yml"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("environment {\n  MODULE_CI_VERSION = 'v1'\n}\n", [("v1", 2, 23)], id="environment"),
        pytest.param('env.MODULE_CI_VERSION = "v1"', [("v1", 1, 25)], id="env"),
        pytest.param("withEnv(['A=b', 'MODULE_CI_VERSION=v1']) {}", [("v1", 1, 36)], id="withEnv"),
        pytest.param("withEnv([\n 'MODULE_CI_VERSION=v1',\n]) {}", [("v1", 2, 21)], id="withEnv on lines"),
        pytest.param("sh 'export MODULE_CI_VERSION=v1'", [("v1", 1, 30)], id="sh"),
        pytest.param("sh(script: '''\n  MODULE_CI_VERSION=v1 ./x\n''')", [("v1", 2, 21)], id="long sh"),
        pytest.param('sh """\n  MODULE_CI_VERSION=v1 ./x\n"""', [("v1", 2, 21)], id="wide sh"),
        pytest.param("additionalBuildArgs '--build-arg MODULE_CI_VERSION=v1'", [("v1", 1, 52)], id="build argument"),
        pytest.param(
            "string(name: 'MODULE_CI_VERSION', defaultValue: 'v1', description: 'MODULE_CI_VERSION=v2')",
            [("v1", 1, 49)],
            id="parameter",
        ),
        pytest.param("ARG MODULE_CI_VERSION=v1\n", [("v1", 1, 23)], id="bare"),
        pytest.param("// MODULE_CI_VERSION = 'v1'\n/* MODULE_CI_VERSION = 'v2' */", [], id="comments"),
        pytest.param("echo 'MODULE_CI_VERSION=v1'", [], id="printed"),
        pytest.param("sh 'echo MODULE_CI_VERSION=v1'", [], id="printed by the shell"),
        pytest.param('MODULE_CI_VERSION = "${params.V}"', [], id="reference"),
        pytest.param("sh 'MODULE_CI_VERSION=\\'v1\\''", [], id="escapes"),
        pytest.param("a = 1 / 2 // it's", [], id="without the name"),
    ],
)
def test_jenkinsfile(text: str, expected: list[tuple[str, int, int]]) -> None:
    """Assignments, environment lists, defaults and shell text count; comments and printed text don't."""
    assert rows(jenkins_pins(text, "Jenkinsfile")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("FROM x\nARG MODULE_CI_VERSION=v1\n", [("v1", 2, 23)], id="arg"),
        pytest.param('arg A=b MODULE_CI_VERSION="v1"\n', [("v1", 1, 27)], id="lower case, second, quoted"),
        pytest.param("ARG A=b \\\n  MODULE_CI_VERSION=v1\n", [("v1", 2, 21)], id="continued"),
        pytest.param("ENV MODULE_CI_VERSION=${MODULE_CI_VERSION:-v1}", [("v1", 1, 44)], id="default"),
        pytest.param("ENV  MODULE_CI_VERSION  v1\n", [("v1", 1, 25)], id="old env"),
        pytest.param("ARG MODULE_CI_VERSION\n", [], id="no default"),
        pytest.param("# ARG MODULE_CI_VERSION=v1\nLABEL x=it's\nRUN ARG MODULE_CI_VERSION=v1\n", [], id="decoys"),
        pytest.param("RUN <<EOF\nARG MODULE_CI_VERSION=v1\nEOF\nARG A=b", [], id="heredoc"),
        pytest.param("RUN <<EOF\nARG MODULE_CI_VERSION=v1\n", [], id="heredoc without end"),
        pytest.param("ARG A=b", [], id="without the name"),
    ],
)
def test_dockerfile(text: str, expected: list[tuple[str, int, int]]) -> None:
    """Defaults of ARG and values of ENV count."""
    assert rows(docker_pins(text, "Dockerfile")) == expected

"""One literal changes, wherever its text also stands; what is no literal is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import RefusedError
from audit.model import Location
from audit.remedy.literals import replaced

HCL = (
    'locals {\n  # tag = "v0.52.1"\n  tag = "v0.52.1"\n  text = <<EOT\n  tag = "v0.52.1"\nEOT\n  other = "v0.52.1"\n}\n'
)
SHELL = (
    'set -e\n# REF="v0.52.1"\nreadonly DOCKERFILE_REPO_REF="v0.52.1"\n'
    'build --ref "$DOCKERFILE_REPO_REF" --build-arg "module_ci_tag=$DOCKERFILE_REPO_REF"\n'
)
YAML = "env:\n  # MODULE_CI_VERSION: v0.52.1\n  MODULE_CI_VERSION: v0.52.1 # v0.52.1\n  OTHER: v0.52.1\n"
OLD, NEW = "v0.52.1", "v1.3.0"


def at(file: str, text: str, before: str, nth: int = 0) -> Location:
    """Name the place right after a piece of text."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(before, start + 1)
    offset = start + len(before)
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    return Location(file=file, line=line, column=column - (line == 1 and text.startswith("\ufeff")))


@pytest.mark.parametrize(
    ("file", "text", "before", "nth"),
    [
        ("common.hcl", HCL, "tag = ", 1),
        ("main.tf", HCL, "other = ", 0),
        ("versions.json", '{"a": "v0.52.1", "b": ["v0.52.1"]}', '"b": [', 0),
        ("terragrunt.hcl.json", '\ufeff{"a": "v0.52.1"}', '"a": ', 0),
        ("build_kaniko_image.sh", SHELL, "REPO_REF=", 0),
        ("build.sh", "DOCKERFILE_REPO_REF=${DOCKERFILE_REPO_REF:-v0.52.1}\n", ":-", 0),
        ("build.sh", "DOCKERFILE_REPO_REF='v0.52.1'; MODULE_CI_VERSION='v0.52.1'\n", "REF=", 0),
        (".github/workflows/x.yml", YAML, "MODULE_CI_VERSION: ", 1),
        (".gitlab-ci.yml", 'variables: {MODULE_CI_VERSION: &v "v0.52.1", B: *v}\n', "&v ", 0),
        ("Dockerfile", "FROM x\nARG MODULE_CI_VERSION=v0.52.1\n", "VERSION=", 0),
        ("Jenkinsfile", "environment { MODULE_CI_VERSION = 'v0.52.1' }\n", "VERSION = ", 0),
    ],
    ids=["hcl", "tf", "json", "hcl-json", "shell", "default", "one-line", "yaml", "anchor", "docker", "jenkins"],
)
def test_changes_one_literal(file: str, text: str, before: str, nth: int) -> None:
    """Everything but the literal stays, decoys included."""
    place = at(file, text, before, nth)
    changed = replaced(text, place, OLD, NEW)
    start = len("".join(text.splitlines(keepends=True)[: place.line - 1])) + place.column - 1
    start += text.startswith("\ufeff") and place.line == 1
    head, tail = changed[:start], changed[start:]
    assert head == text[:start]
    assert tail.replace(NEW, OLD, 1) == text[start:]
    assert tail.find(NEW) in (0, 1)


@pytest.mark.parametrize(
    ("file", "text", "before", "reason"),
    [
        ("common.hcl", 'locals {\n  a = "0.52"\n  tag = "v${local.a}.1"\n}\n', "tag = ", "computed, or the file"),
        ("common.hcl", 'locals {\n  a = null # "v0.52.1"\n}\n', "a = ", "computed, or the file"),
        ("common.hcl", 'locals {\n  # "v0.52.1"\n}\n', "# ", "computed, null or a heredoc"),
        ("common.hcl", 'locals {\n  a = <<E\n"v0.52.1"\nE\n}\n', "<<E\n", "computed, null or a heredoc"),
        ("common.hcl", 'locals {\n  a = "v0.52.2"\n}\n', "a = ", "the file has changed"),
        ("common.hcl", "locals {}\n", "locals {}\n", "the file has changed"),
        ("common.hcl", 'locals {\n  a = "v0.52.1"\n', "a = ", "cannot be read"),
        ("build.sh", 'DOCKERFILE_REPO_REF="v0.52".1\n', "REF=", "computed"),
        ("build.sh", 'A="v0.52.1"\n', "A=", "nothing that is read there"),
        ("build.sh", "cat <<E\nDOCKERFILE_REPO_REF=v0.52.1\nE\n", "REF=", "nothing that is read there"),
        ("build.sh", "DOCKERFILE_REPO_REF=v0.52.1.9\n", "REF=", "computed"),
        ("x.yml", "# v0.52.1\na: b\n", "# ", "no scalar"),
        ("x.yml", "a: [v0.52.1\n", "[", "no valid YAML"),
        ("x.yml", "a: v0.52.1 b\n", "a: ", "the file has changed"),
        ("x.json", '{"a": "\\"v0.52.1\\""}', '"a": "\\', "computed"),
        ("x.json", '{"a": 1, "b": "v0.52.1"}'.replace("1,", "'v0.52.1',"), '"a": ', "no valid JSON"),
        ("x.json", '{"a": "v0.52.1"', '"a": ', "no valid JSON"),
    ],
)
def test_refuses_what_is_no_literal(file: str, text: str, before: str, reason: str) -> None:
    """A computed, null, quoted-about or changed value is refused with the reason."""
    with pytest.raises(RefusedError, match=reason):
        replaced(text, at(file, text, before), OLD, NEW)


def test_far_line() -> None:
    """A place beyond the text is refused."""
    with pytest.raises(RefusedError, match="has changed"):
        replaced("a", Location(file="a.hcl", line=9, column=1), OLD, NEW)


def test_large_yaml_is_refused() -> None:
    """YAML costs too much to be read beyond a limit."""
    text = f"a: v0.52.1\nb: {'x' * 600_000}\n"
    with pytest.raises(RefusedError, match="larger than"):
        replaced(text, at("a.yml", text, "a: "), OLD, NEW)


noise = st.sampled_from(
    [
        '# tag = "v0.52.1"',
        "// ünï “v0.52.1”",
        '/* "v0.52.1" */',
        'x = "v0.52.1"',
        "\ty\t=\t[\t\"v0.52.1\", '1'\t]".replace("'1'", "1"),
        'z = "${"v0.52.1"}-é"',
        "",
        'h = <<EOT\n"v0.52.1"\nEOT',
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    above=st.lists(noise, max_size=4, unique_by=lambda line: line[:3]),
    newline=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
    final=st.booleans(),
    indent=st.sampled_from(["", "  ", "\t", " \t "]),
    tail=st.sampled_from(["", ' # "v0.52.1"', " // é"]),
)
def test_any_surroundings(above: list[str], newline: str, bom: bool, final: bool, indent: str, tail: str) -> None:  # noqa: FBT001 -- hypothesis passes by name
    """Whatever stands around it, only the literal's bytes change."""
    lines = ["locals {", *(f"{indent}{line}" if "\n" not in line else line for line in above)]
    lines += [f'{indent}é = 1\n{indent}wanted = "v0.52.1"{tail}', "}"]
    text = ("\ufeff" if bom else "") + newline.join(line.replace("\n", newline) for line in lines)
    text += newline if final else ""
    place = at("common.hcl", text, "wanted = ")
    before, after = text.encode(), replaced(text, place, OLD, NEW).encode()
    start = before.index(b'wanted = "') + len(b'wanted = "')
    assert after == before[:start] + NEW.encode() + before[start + len(OLD) :]


SCRIPTS = (
    ("build.sh", 'readonly DOCKERFILE_REPO_REF="', '"'),
    ("build.sh", "export MODULE_CI_VERSION='", "'"),
    ("build.sh", "DOCKERFILE_REPO_REF=${DOCKERFILE_REPO_REF:-", "}"),
    ("build.sh", "MODULE_CI_VERSION=", ""),
    (".github/workflows/x.yml", "env: {MODULE_CI_VERSION: ", "}"),
    (".github/workflows/x.yml", 'MODULE_CI_VERSION: "', '"'),
    (".circleci/config.yml", "environment:\n  MODULE_CI_VERSION:   '", "'"),
    ("Dockerfile", "ARG MODULE_CI_VERSION=", ""),
    ("versions.json", '{"é": ["v0.52.1"], "tag": "', '"}'),
)
AROUND = ("# v0.52.1", '# DOCKERFILE_REPO_REF="v0.52.1"', "#\tünï “v0.52.1”", "")


@settings(max_examples=80, deadline=None)
@given(
    script=st.sampled_from(SCRIPTS),
    above=st.lists(st.sampled_from(AROUND), max_size=3),
    below=st.lists(st.sampled_from(AROUND), max_size=3),
    newline=st.sampled_from(["\n", "\r\n"]),
    final=st.booleans(),
)
def test_any_surroundings_of_pins(
    script: tuple[str, str, str],
    above: list[str],
    below: list[str],
    newline: str,
    final: bool,  # noqa: FBT001 -- hypothesis passes by name
) -> None:
    """In scripts, CI files and JSON too: the literal's bytes change, and no others."""
    file, before, after = script

    around = ([], []) if file.endswith(".json") else (above, below)
    lines = [*around[0], f"{before}{OLD}{after}", *around[1]]
    text = newline.join("\n".join(lines).split("\n")) + (newline if final else "")
    quote = 1 if before.endswith(("'", '"')) else 0
    start = text.index(before.replace("\n", newline)) + len(before.replace("\n", newline))
    place = at(file, text[:start] + text[start:], text[: start - quote])
    changed = replaced(text, place, OLD, NEW)
    assert changed.encode() == text[:start].encode() + NEW.encode() + text[start + len(OLD) :].encode()

"""All pins of a repository: each place of the table found, the decoys left out, what is unreadable a gap."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.declared.pins import read_pins
from audit.declared.tree import WorkTree, open_tree
from tests.declared.repository import commit, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.errors import DeclarationError

FILES = {
    "shared/us-west-2/_regional/container_images/build_kaniko_image.sh": 'readonly DOCKERFILE_REPO_REF="v0.52.1"\n',
    "shared/us-west-2/_regional/amis/build_ami.sh": 'readonly SERVICE_CATALOG_REF="v0.90.2"\n',
    ".github/workflows/pipeline.yml": "env:\n  MODULE_CI_VERSION: v1\n",
    ".circleci/config.yml": "a:\n  MODULE_CI_VERSION: v2\n",
    ".gitlab-ci.yml": "variables:\n  MODULE_CI_VERSION: v3\n",
    "Jenkinsfile": "environment { MODULE_CI_VERSION = 'v4' }\n",
    "_ci/Dockerfile": "ARG MODULE_CI_VERSION=v5\n",
    "_envcommon/mgmt/ecs-deploy-runner.hcl": 'a = ["ecs-deploy-runner-worker-v0.90.2-*"]\n',
    ".terraform-version": "1.5.7\n",
    "dev/.terragrunt-version": "0.55.1\n",
    ".tool-versions": "terraform 1.5.8\n",
    ".mise.toml": '[tools]\nterraform = "1.5.9"\n',
    ".tgswitchrc": "0.55.2\n",
}

DECOYS = {
    "README.md": "MODULE_CI_VERSION: v9\n",
    "docs/ci/.github/workflows/x.yml": "MODULE_CI_VERSION: v9\n",
    "docs/build.sh": "DOCKERFILE_REPO_REF=v9\n",
    "vars/autogen/x.hcl": 'a = "ecs-deploy-runner-worker-v9-*"\n',
    "config/app.yml": "MODULE_CI_VERSION: v9\n",
    ".terragrunt-cache/x/.terraform-version": "9\n",
    "x/.github/workflows/notes.txt": "MODULE_CI_VERSION: v9\n",
}


@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_whole_repository(tmp_path: Path, rev: str | None) -> None:
    """One pin from each place, ordered by place, and none from the decoys."""
    commit(tmp_path, FILES | DECOYS)
    pins, gaps = read_pins(*open_tree(tmp_path, rev))
    assert gaps == ()
    assert [(pin.origin.file, pin.kind, pin.value) for pin in pins] == [
        (".circleci/config.yml", "ci-version", "v2"),
        (".github/workflows/pipeline.yml", "ci-version", "v1"),
        (".gitlab-ci.yml", "ci-version", "v3"),
        (".mise.toml", "tool-version", "1.5.9"),
        (".terraform-version", "tool-version", "1.5.7"),
        (".tgswitchrc", "tool-version", "0.55.2"),
        (".tool-versions", "tool-version", "1.5.8"),
        ("Jenkinsfile", "ci-version", "v4"),
        ("_ci/Dockerfile", "ci-version", "v5"),
        ("_envcommon/mgmt/ecs-deploy-runner.hcl", "worker-ami", "ecs-deploy-runner-worker-v0.90.2-*"),
        ("dev/.terragrunt-version", "tool-version", "0.55.1"),
        ("shared/us-west-2/_regional/amis/build_ami.sh", "service-catalog-ref", "v0.90.2"),
        ("shared/us-west-2/_regional/container_images/build_kaniko_image.sh", "build-ref", "v0.52.1"),
    ]


def test_scope(tmp_path: Path) -> None:
    """Paths are relative to the scope; of what stands above it, CI files and version files count for it."""
    write(tmp_path, {f"live/{name}": text for name, text in FILES.items()})
    commit(
        tmp_path,
        {
            ".github/workflows/root.yml": "MODULE_CI_VERSION: v6\n",
            ".terraform-version": "1.6\n",
            "a.sh": FILES["_ci/Dockerfile"],
        },
    )
    pins, gaps = read_pins(*open_tree(tmp_path / "live"))
    assert gaps == ()
    assert [pin.origin.file for pin in pins if pin.origin.file.startswith("..")] == [
        "../.github/workflows/root.yml",
        "../.terraform-version",
    ]
    assert len(pins) == len(FILES) + 2


def test_listing_of_the_caller(tmp_path: Path) -> None:
    """Where the caller has listed the files, they are not listed again."""
    commit(tmp_path, FILES)
    tree, scope = open_tree(tmp_path)
    pins, gaps = read_pins(tree, scope, paths=(".tgswitchrc", "gone.sh"))
    assert [pin.value for pin in pins] == ["0.55.2"]
    assert [gap.message for gap in gaps] == ["gone.sh: no such file"]


def test_scope_in_ci_folder(tmp_path: Path) -> None:
    """A scope inside such a folder is read once."""
    commit(tmp_path, {"_ci/live/Dockerfile": "ARG MODULE_CI_VERSION=v5\n"})
    pins, _ = read_pins(*open_tree(tmp_path / "_ci/live"))
    assert [pin.origin.file for pin in pins] == ["Dockerfile"]


def test_unreadable_is_a_gap(tmp_path: Path) -> None:
    """A file that can't be read, or isn't what it should be, is a gap with its place; the others are read."""
    write(tmp_path, {f"live/{name}": text for name, text in FILES.items()})
    write(tmp_path, {"live/x.sh": "DOCKERFILE_REPO_REF='v1", "live/Dockerfile": "x", ".circleci": "x"})
    (tmp_path / "live/Dockerfile").write_bytes(b"\xff")
    (tmp_path / "live/.github/workflows/link.yml").symlink_to("/etc/hostname")
    (tmp_path / "Jenkinsfile").symlink_to("/etc/hostname")
    (tmp_path / "live/evil\n\x1b.sh").symlink_to("/etc/hostname")
    commit(tmp_path, {})
    pins, gaps = read_pins(*open_tree(tmp_path / "live"))
    assert len(pins) == len(FILES)
    assert [gap.message for gap in gaps] == [
        ".github/workflows/link.yml: symbolic link that leads out of the repository, not followed",
        "Dockerfile:1: not UTF-8 text",
        "evil\\n\\x1b.sh: symbolic link that leads out of the repository, not followed",
        "x.sh:1:21: unclosed quote",
        "../Jenkinsfile: symbolic link that leads out of the repository, not followed",
    ]
    assert {gap.what for gap in gaps} == {"pins"}
    assert gaps[3].location is not None
    assert gaps[0].location is None


MUTATIONS = st.lists(
    st.tuples(
        st.integers(0, 200), st.integers(0, 5), st.text("ab=:'\"`$(){}[]<>|&;#\\/*-!%~\n\t \u2028\x00", max_size=6)
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FILES)), MUTATIONS)
def test_mutated_files(name: str, mutations: list[tuple[int, int, str]]) -> None:
    """Whatever becomes of a file, it gives pins at places within it, or gaps."""
    text = FILES[name]
    for at, cut, new in mutations:
        text = text[:at] + new + text[at + cut :]
    pins, gaps = read_pins(OneFile(name, text), "")
    lines = text.split("\n")
    for pin in pins:
        assert 1 <= pin.origin.line <= len(lines)
        assert 1 <= pin.origin.column <= len(lines[pin.origin.line - 1])
    assert len(gaps) <= 1


class OneFile(WorkTree):
    """A tree that holds one file, in memory."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(Path())
        self.name, self.text = name, text

    def read(self, path: str) -> str:
        """Give the file's text."""
        assert path == self.name
        return self.text

    def files(self, under: str = "", *, faults: list[DeclarationError] | None = None) -> Iterator[str]:
        """Give the file's name."""
        assert (under, faults) == ("", [])
        yield self.name

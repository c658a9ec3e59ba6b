"""The other places where a version is written: build scripts, CI files, worker AMIs, files of version managers.

Nothing makes them agree with what a unit declares. ``kind`` of a Pin is one of:

================== =========================================== ==================================================
kind               name                                        where
================== =========================================== ==================================================
build-repo         DOCKERFILE_REPO                             shell scripts; user names and tokens masked
build-ref          DOCKERFILE_REPO_REF                         shell scripts; subject: deploy-runner or kaniko
build-arg          the argument's name                         ``--build-arg NAME=VALUE`` in shell scripts
build-secret       env-secret, build-arg                       how a script passes the token; never its value
service-catalog-ref SERVICE_CATALOG_REF                        AMI build scripts; subject: the template's name
worker-ami         ami_filters, ec2_worker_pool_ami_version_tag HCL; unit: the directory of a unit's own file
ci-version         MODULE_CI_VERSION                           CI YAML, Jenkinsfile, Dockerfile, shell scripts
tool-version       terraform, terragrunt, opentofu, …          .terraform-version, .tool-versions, .mise.toml, …
================== =========================================== ==================================================

A pin is a literal: what another place or the environment decides (``${{ vars.X }}``, ``$1``) is written there, not
here; a variable of the same script is followed to its literal, which is the pin's origin. Comments, heredocs, printed
text, Markdown and ``docs/`` are no pins. The refs of modules belong to the units.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from audit.declared.paths import join, shown
from audit.declared.pins.ci import docker_pins, jenkins_pins, yaml_pins
from audit.declared.pins.scripts import script_pins
from audit.declared.pins.versions import PLAIN, asdf_pins, mise_pins, plain_pins
from audit.declared.pins.workers import worker_pins
from audit.declared.places import show
from audit.errors import DeclarationError
from audit.model import Gap, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from audit.declared.model import Pin
    from audit.declared.tree import SourceTree

__all__ = ["read_pins"]

Reader: TypeAlias = "Callable[[str, str], Iterator[Pin]]"

_READERS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern, re.DOTALL), reader)
    for pattern, reader in (
        (r"(?:.*/)?(?:" + "|".join(map(re.escape, PLAIN)) + ")", plain_pins),
        (r"(?:.*/)?\.tool-versions", asdf_pins),
        (r"(?:.*/)?\.?mise\.toml", mise_pins),
        (r"(?:.*/)?(?:\.github|\.circleci|\.gitlab)/.*\.ya?ml|(?:.*/)?[^/]*\.gitlab-ci\.ya?ml", yaml_pins),
        (r"(?:.*/)?(?:Jenkinsfile(?:\.[^/]*)?|[^/]*\.[jJ]enkinsfile)", jenkins_pins),
        (r"(?:.*/)?(?:Dockerfile(?:\.[^/]*)?|[^/]*\.[dD]ockerfile)", docker_pins),
        (r".*\.(?:sh|bash)", script_pins),
        (r".*\.(?:hcl|tf|tfvars)", worker_pins),
    )
)

_FOLDERS_ABOVE = (".circleci", ".github", ".gitlab", "_ci")
_NAMES_ABOVE = (*PLAIN, ".tool-versions", ".mise.toml", "mise.toml", ".gitlab-ci.yml", "Jenkinsfile", *_FOLDERS_ABOVE)
_DECOYS = re.compile(r"(?:.*/)?(?:docs?|vars/autogen)/.*", re.DOTALL)


def read_pins(
    tree: SourceTree, scope: str, *, paths: Iterable[str] | None = None
) -> tuple[tuple[Pin, ...], tuple[Gap, ...]]:
    """Read the pins below ``scope``, and those of CI and version managers that stand above it and count for it.

    ``paths`` are the files below the scope, where the caller has listed them (and reported what could not be listed).
    The second are the files and directories that could not be read, and files that are not what they should be.
    """
    faults: list[DeclarationError] = []
    pins: dict[Pin, None] = {}
    gaps: dict[Gap, None] = {}
    below = tree.files(scope, faults=faults) if paths is None else paths
    for path in chain(below, _above(tree, scope, faults)):
        file = show(path, scope)
        reader = next((reader for pattern, reader in _READERS if pattern.fullmatch(path)), None)
        if reader is None or _DECOYS.fullmatch(file):
            continue
        try:
            pins.update(dict.fromkeys(reader(tree.read(path), file)))
        except DeclarationError as fault:
            gaps[_gap(fault, file)] = None
    gaps.update((_gap(fault, show(fault.file, scope)), None) for fault in faults)
    ordered = sorted(pins, key=lambda pin: (pin.origin, pin.kind, pin.name, pin.value))
    return tuple(ordered), tuple(gaps)


def _above(tree: SourceTree, scope: str, faults: list[DeclarationError]) -> Iterator[str]:
    above = scope
    while above:
        above = above.rpartition("/")[0]
        for name in _NAMES_ABOVE:
            path = join(above, name)
            try:
                if tree.is_file(path):
                    yield path
                elif tree.is_dir(path) and not f"{scope}/".startswith(f"{path}/"):
                    yield from tree.files(path, faults=faults)
            except DeclarationError as fault:
                faults.append(fault)


def _gap(fault: DeclarationError, file: str) -> Gap:
    file = shown(file)
    place = Location(file=file, line=fault.line, column=fault.column) if fault.line else None
    where = ":".join([file, *(str(number) for number in (fault.line, fault.column) if number)])
    return Gap(what="pins", message=f"{where}: {fault.message}", call=file, location=place)

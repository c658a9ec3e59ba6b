"""Programs that stand in for the real ones on PATH: each writes down how it was called, and has the effect it should.

An image that is built is in the "registry" afterwards, an account that is applied shows what it was told to show.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audit.remedy.steps import BootstrapImage, BuildImage, VerifyUnit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.remedy.plan import Plan
    from audit.remedy.steps import Command, Step

_RECORD = r"""#!/bin/bash
here=$STUBS name=${0##*/}
# one write: the two sides of a pipe write at once
printf -v line '\x1f%s' "$name" "$@"
printf '%s\n' "$PWD$line" >>"$here/log"
compgen -e >>"$here/environment"
if [[ -e $here/fail.$name ]]; then echo "$name: as asked" >&2; exit "$(cat "$here/fail.$name")"; fi
"""
_STUBS = {
    "aws-vault": "export STUB_PROFILE=$2; [[ $2 == --no-session ]] && export STUB_PROFILE=$3\n"
    'while [[ $1 != -- ]]; do shift; done; shift; exec "$@"',
    "aws": r"""profile=${AWS_PROFILE:-${STUB_PROFILE:-}}
case "$1 $2" in
  "sts get-caller-identity") cat "$here/accounts/$profile" ;;
  "ecr batch-get-image") tag=${8#imageTag=}; if [[ -e $here/ecr/$6:$tag ]]; then echo "$tag"; fi ;;
  "ecr get-login-password") echo secret ;;
  "ecr get-repository-policy") if [[ -e $here/policy.gone ]]; then echo False; else echo True; fi ;;
  "ecs list-tasks") if [[ -e $here/flying/$profile ]]; then cat "$here/flying/$profile"; fi ;;
  "ecs describe-task-definition")
    if [[ -e $here/applied/$profile ]]; then cat "$here/images/$profile/$4"; else echo "old"; fi ;;
esac""",
    "infrastructure-deployer": r"""profile=${AWS_PROFILE:-${STUB_PROFILE:-}}
if [[ $* == *--describe-containers* ]]; then [[ ! -e $here/deaf/$profile ]] || exit 1; exit 0; fi
while (($#)); do
  case $1 in --docker-image-tag) image=${2##*/}; touch "$here/ecr/$image" ;; esac; shift
done""",
    "terragrunt": 'touch "$here/applied/${AWS_PROFILE:-$STUB_PROFILE}"',
    "terraform": r"""case $1 in
  init) touch "$here/initialised" ;;
  plan) [[ -e $here/initialised ]] || exit 1; echo plan >"${2#-out=}"; stat -c '%a %n' "${2#-out=}" >>"$here/plans" ;;
  apply) [[ $(cat "$2") == plan ]] && touch "$here/applied/$STUB_PROFILE" ;;
esac""",
    "docker": r"""case $1 in
  login) [[ $(cat) == secret ]] ;;
  push) touch "$here/ecr/${2##*/}" ;;
esac""",
    "git": r"""if [[ $1 == clone ]]; then mkdir -- "${!#}"; else exec /usr/bin/git "$@"; fi""",
}


def _image(step: Step) -> BuildImage | BootstrapImage | None:
    return step.action if isinstance(step.action, BuildImage | BootstrapImage) else None


def _asked(look: Command) -> str | None:
    """Name the image that a guard asks ECR for."""
    if "batch-get-image" not in look.argv:
        return None
    name = look.argv[look.argv.index("--repository-name") + 1]
    return f"{name}:{look.argv[look.argv.index('--image-ids') + 1].removeprefix('imageTag=')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stubs:
    """The folder of the stubs and of what they remember."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, plan: Plan, accounts: Mapping[str, str]) -> Stubs:
        """Write the stubs for a plan; ``accounts`` maps a profile to the id that it has."""
        for name in ("bin", "accounts", "ecr", "applied", "images", "flying", "deaf"):
            (folder / name).mkdir(parents=True)
        for name, text in _STUBS.items():
            path = folder / "bin" / name
            path.write_text(_RECORD + text + "\n")
            path.chmod(0o755)
        for profile, account_id in accounts.items():
            (folder / "accounts" / profile).write_text(account_id + "\n")
            (folder / "images" / profile).mkdir()
        built = {f"{one.image.rpartition('/')[2]}:{one.tag}" for one in map(_image, plan.steps) if one}
        for image in {one for step in plan.steps for look in step.guards if (one := _asked(look))} - built:
            (folder / "ecr" / image).touch()
        for step in plan.steps:
            if isinstance(step.action, VerifyUnit):
                for family, image in step.action.images:
                    with (folder / "images" / f"your-{step.account}" / family).open("a") as file:
                        file.write(f"{image}\n")
        return cls(folder=folder)

    def run(
        self, script: Path, *arguments: str, cwd: Path, path: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script with nothing but the stubs and the system's programs on PATH."""
        search = f"{path}{self.folder / 'bin'}:/usr/bin:/bin"
        given = {"STUBS": str(self.folder), "HOME": str(self.folder), "GIT_CONFIG_GLOBAL": os.devnull, **environment}
        who = {
            f"GIT_{role}_{what}": f"t@{what}.example.com"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        return subprocess.run(
            ["/bin/bash", str(script), *arguments],
            cwd=cwd,
            env={"PATH": search, **who, **given},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            start_new_session=True,
        )

    def calls(self, *names: str) -> list[tuple[str, list[str]]]:
        """Give the folder and words of each call, of these programs only where any is named."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        found = [line.split("\x1f") for line in lines]
        return [(place, argv) for place, *argv in found if not names or argv[0] in names]

    def fill(self, plan: Plan) -> None:
        """Put every image into the registry that a plan builds."""
        for step in plan.steps:
            if isinstance(step.action, BuildImage | BootstrapImage):
                (self.folder / "ecr" / f"{step.action.image.rpartition('/')[2]}:{step.action.tag}").touch()

    def built(self) -> list[list[str]]:
        """Give the words of each build by the pipeline."""
        return [argv for _, argv in self.calls("infrastructure-deployer") if "--describe-containers" not in argv]

    def fail(self, name: str, code: int | None) -> None:
        """Have a program fail, or (None) work again."""
        path = self.folder / f"fail.{name}"
        path.unlink(missing_ok=True) if code is None else path.write_text(str(code))

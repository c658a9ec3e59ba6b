"""Cloud Custodian on the same accounts and resources, to compare with: what ``c7n-org`` is given."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

REGION = "us-west-2"
# What a look at an account asks for, as its resources are called there.
RESOURCES = ("aws.ecs-task-definition", "aws.ecs", "aws.ecs-task", "aws.lambda", "aws.log-group")


def command(folder: Path, accounts: int, role: str) -> list[str] | None:
    """Write its files for the first N accounts of the synthetic AWS; gives its command, None where it isn't on PATH."""
    program = shutil.which("c7n-org")
    if program is None:
        return None
    ids = [f"{number:012}" for number in range(1, accounts + 1)]
    listed = [{"name": f"a{id_}", "account_id": id_, "role": role.format(account_id=id_)} for id_ in ids]
    policies = [{"name": resource.partition(".")[2], "resource": resource} for resource in RESOURCES]
    # JSON is YAML.
    (folder / "accounts.yml").write_text(json.dumps({"accounts": listed}), encoding="utf-8")
    (folder / "policies.yml").write_text(json.dumps({"policies": policies}), encoding="utf-8")
    files = ["-c", str(folder / "accounts.yml"), "-u", str(folder / "policies.yml"), "-s", str(folder / "custodian")]
    return [program, "run", *files, "-r", REGION]

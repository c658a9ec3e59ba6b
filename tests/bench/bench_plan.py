"""Plans an upgrade of a thousand accounts, each with a literal of its own, and says what it cost.

Run by hand: ``python -m tests.bench.bench_plan [ACCOUNTS]``. Target on two cores: the command below 5 s, from a
snapshot to a runbook that is valid bash, or to the plan as data. The command runs in a process of its own. Making the
fleet and its snapshot takes longer than that.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from audit import snapshot as snapshots
from tests.bench.fleet import write_fleet
from tests.remedy.fleet import NEWEST, REGION, REGISTRY, seen

_TOO_SLOW = 5.0


_COMMON = """\
# What {name} runs.
locals {{
  account_ids    = {{ {name} = "{id}" }}
  default_region = "us-west-2"
  name_prefix    = "example"

  deploy_runner_ecr_uri             = "{registry}/ecs-deploy-runner"
  deploy_runner_container_image_tag = "v0.52.1"
  kaniko_ecr_uri                    = "{registry}/kaniko"
  kaniko_container_image_tag        = "v0.52.1"
}}
"""


def write(root: Path, accounts: int) -> None:
    """Write a repository in which each account says by itself which release it runs."""
    write_fleet(root, accounts, regions=(REGION,))
    for name, account in json.loads((root / "accounts.json").read_text()).items():
        text = _COMMON.format(name=name, id=account["id"], registry=REGISTRY)
        (root / name / "common.hcl").write_text(text)


@click.command()
@click.argument("accounts", type=int, default=1000)
def main(accounts: int) -> None:
    """Plan for ACCOUNTS accounts."""
    with tempfile.TemporaryDirectory() as name:
        live, folder = Path(name) / "live", Path(name)
        write(live, accounts)
        snapshots.save(seen(live, asked=(NEWEST,)), folder / "snapshot.json")
        for output in ("runbook.sh", "plan.json"):
            _measure(live, folder, output, accounts)
        subprocess.run(["/bin/bash", "-n", folder / "runbook.sh"], check=True)


def _measure(live: Path, folder: Path, output: str, accounts: int) -> None:
    given = ["--infra-live", str(live), "--snapshot", str(folder / "snapshot.json"), "--to", NEWEST]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "audit", "plan", *given, "-o", str(folder / output)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, used = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    size = (folder / output).stat().st_size / 1e6
    click.echo(ended.stderr.splitlines()[-1].removeprefix(str(folder)).lstrip("/"))
    cost = f"{seconds:.1f} s ({cpu:.1f} s of CPU), {used.ru_maxrss / 1024:.0f} MB, {size:.1f} MB written"
    click.echo(f"{accounts} accounts: {cost}{'' if seconds < _TOO_SLOW else ': too slow'}")


if __name__ == "__main__":
    main()

"""The emulator can be kept for commands of the user's own, and goes with Ctrl-C."""

from __future__ import annotations

import shlex
import threading
from typing import TYPE_CHECKING

import boto3

from audit.demo.scenario import REGION
from audit.demo.serve import serve

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_serves_the_sample_until_ctrl_c(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printed environment reaches the seeded AWS; after the interrupt nothing is left running."""
    threads = set(threading.enumerate())
    seen: list[str] = []

    def wait() -> None:
        first, *lines = capsys.readouterr().out.splitlines()
        assert first == "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN"
        with monkeypatch.context() as patch:
            for line in lines:
                name, _, value = shlex.split(line)[1].partition("=")
                patch.setenv(name, value)
            sts = boto3.client("sts", region_name=REGION)
            role = "arn:aws:iam::012345678901:role/pipelines-audit"
            keys = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
            sts.close()
            session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
            ecs = session.client("ecs", region_name=REGION)
            seen.extend(ecs.list_task_definition_families()["families"])
            ecs.close()
        raise KeyboardInterrupt

    said: list[str] = []
    assert serve(tmp_path, in_sync=True, say=said.append, wait=wait) == 0
    assert sorted(seen) == ["ecs-deploy-runner-terraform-applier", "ecs-deploy-runner-terraform-planner"]
    assert said[-1] == "stopped; nothing is left running"
    assert set(threading.enumerate()) == threads

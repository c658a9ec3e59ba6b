"""The logbook keeps what was seen whole, for the same question, by one run at a time."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import audit
from audit.errors import RefusedError, UsageError
from audit.look.logbook import open_logbook
from audit.model import Account, Seen
from audit.running.access import Access
from audit.running.model.ecs import StackCluster
from audit.running.model.secrets import Secret, SecretMetadata
from audit.running.model.targets import RegistryTarget, SecretTarget, Target
from tests.nouns import DEV, REGION, STACK, observation, repository, request, unread

if TYPE_CHECKING:
    from pathlib import Path

    from audit.running.model.ecr import Repository
    from audit.running.model.seen import Observation

ACCESS = Access(role_arn="arn:aws:iam::{account_id}:role/audit")
ARN = "arn:aws:secretsmanager:us-west-2:234567890123:secret:x"
TARGET = Target(account=DEV, region=REGION, stacks=(STACK,))
TAGS = {"v1.3.0": "sha256:" + "a" * 64, "v9.9.9": None}
REGISTRY = RegistryTarget(
    account=Account(name="shared", id="234567890123"), region=REGION, repository="ecs-deploy-runner", tags=tuple(TAGS)
)
SECRET = Secret(
    arn=ARN,
    calls=1,
    metadata=Seen(
        value=SecretMetadata(
            arn=ARN, name="x", kms_key=None, last_changed_at=None, last_rotated_at=None, deleted_at=None
        )
    ),
)
CLUSTERS = (StackCluster(stack=STACK, cluster=Seen(value=None), tasks=Seen(value=())),)


def looked() -> Observation:
    """Make what was seen of an account, all of it."""
    return observation(DEV, clusters=CLUSTERS, log_groups=Seen(value=()), role_changes=Seen(value=None))


def registry() -> Repository:
    """Make what was seen of a repository, all of it."""
    facts = {name: Seen(value=None) for name in ("settings", "lifecycle", "policy")}
    return replace(repository(tags=TAGS), **facts)  # type: ignore[arg-type]  # three facts of the same kind


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Keep one thing of each kind."""
    path = tmp_path / "state"
    book = open_logbook(path, ACCESS, resume=False)
    for entry in (looked(), registry(), SECRET):
        book.add(entry)
    book.close()
    return path


def test_the_requests_are_found_again(tmp_path: Path) -> None:
    """Who resumes has the evidence of what was seen before."""
    entries = [replace(one, requests=(request(),)) for one in (looked(), registry(), SECRET)]
    book = open_logbook(tmp_path / "state", ACCESS, resume=False)
    for entry in entries:
        book.add(entry)
    book.close()
    book = open_logbook(tmp_path / "state", ACCESS, resume=True)
    assert [one.requests for one in book.seen.values()] == [(request(),)] * 3
    book.close()


def test_what_was_seen_is_found_again(state: Path) -> None:
    """By the same question only: other stacks and other tags are asked for."""
    book = open_logbook(state, ACCESS, resume=True)
    place = SecretTarget(account=REGISTRY.account, region=REGION, arn=ARN)
    assert book.found(TARGET) == looked()
    assert book.found(REGISTRY) == registry()
    assert book.found(place) == SECRET
    for other in (
        replace(TARGET, region="us-east-1"),
        replace(TARGET, stacks=(STACK, "other")),
        replace(TARGET, account=replace(DEV, name="renamed")),
        replace(REGISTRY, tags=("v1.3.0",)),
        replace(place, arn=f"{ARN}2"),
    ):
        assert book.found(other) is None
    book.close()


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(observation(DEV, clusters=CLUSTERS, families=unread()), id="account"),
        pytest.param(replace(repository(), tags=unread()), id="registry"),
        pytest.param(Secret(arn=ARN, metadata=unread(), calls=1), id="secret"),
    ],
)
def test_what_was_not_read_is_asked_again(tmp_path: Path, entry: Observation | Repository | Secret) -> None:
    """A gap is no knowledge that is worth to be kept."""
    book = open_logbook(tmp_path / "state", ACCESS, resume=False)
    book.add(entry)
    book.close()
    assert (tmp_path / "state").read_bytes().count(b"\n") == 1


def test_a_line_cut_short_is_left_out(state: Path) -> None:
    """The rest counts, and the next line stands by itself."""
    with state.open("ab") as file:
        file.write(b'{"observation": {"account"')
    book = open_logbook(state, ACCESS, resume=True)
    assert book.found(TARGET) is not None
    book.add(SECRET)
    book.close()
    assert [json.loads(line) for line in state.read_bytes().splitlines()]


def test_beginning_anew_forgets(state: Path) -> None:
    """Without --resume nothing of an earlier look counts; the file is its owner's only."""
    book = open_logbook(state, ACCESS, resume=False)
    assert book.found(TARGET) is None
    book.close()
    assert state.read_bytes().count(b"\n") == 1
    assert state.stat().st_mode & 0o077 == 0


def head(path: Path, **changes: object) -> None:
    """Change the first line."""
    first, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
    line = json.loads(first)
    line["head"] |= changes
    path.write_text("".join([json.dumps(line) + "\n", *rest]), encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"tool_version": "0.0.1"}, f"was written by 0.0.1, this is {audit.__version__}", id="release"),
        pytest.param({"way_in": "x"}, "another way into the accounts", id="another role"),
        pytest.param({"began_at": (datetime.now(UTC) - timedelta(days=2)).isoformat()}, "a day ago", id="old"),
    ],
)
def test_a_state_that_does_not_fit(state: Path, changes: dict[str, object], words: str) -> None:
    """Of another release, another way in or another day: said, with what to do."""
    head(state, **changes)
    with pytest.raises(UsageError, match=f"{re.escape(words)}.*leave --resume out"):
        open_logbook(state, ACCESS, resume=True)


NAIVE = '{"head": {"tool_version": "1", "began_at": "2026-11-24T06:00:00", "way_in": "x"}}\n'


@pytest.mark.parametrize("text", ["", "{}\n", "nonsense\n", '{"head": 5}\n', NAIVE])
def test_no_state(tmp_path: Path, text: str) -> None:
    """A file that is none is said to be so."""
    path = tmp_path / "state"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="not the state of a look"):
        open_logbook(path, ACCESS, resume=True)


@pytest.mark.parametrize("text", ["# ours\n", '{"schema_version":1}\n', "x"], ids=["text", "other document", "short"])
def test_what_is_no_state_is_not_overwritten(tmp_path: Path, text: str) -> None:
    """A report, or whatever else is named by mistake, stays as it is."""
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="something else is in this file"):
        open_logbook(path, ACCESS, resume=False)
    assert path.read_text(encoding="utf-8") == text


def test_a_state_of_which_only_the_beginning_was_written(state: Path) -> None:
    """A run that was killed at its first line leaves nothing in the way of the next."""
    state.write_bytes(state.read_bytes()[:5])
    open_logbook(state, ACCESS, resume=False).close()
    assert state.read_bytes().count(b"\n") == 1


def test_one_run_at_a_time(state: Path) -> None:
    """A second run is refused while the first is writing; what the first wrote stays."""
    book = open_logbook(state, ACCESS, resume=True)
    for resume in (True, False):
        with pytest.raises(RefusedError, match="another run is writing it"):
            open_logbook(state, ACCESS, resume=resume)
    book.close()
    assert state.read_bytes().count(b"\n") == 4


def test_a_place_where_nothing_can_be_kept(tmp_path: Path) -> None:
    """A folder that is missing, a link that leads elsewhere, what is no file: wrong usage."""
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "no" / "state", tmp_path / "link", tmp_path / "pipe", tmp_path):
        with pytest.raises(UsageError, match="cannot keep the state"):
            open_logbook(path, ACCESS, resume=False)
    assert not (tmp_path / "elsewhere").exists()

"""The three facts as tables: what people read in place of JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from audit.configuration.config import Settings
from audit.declared.model import Dated
from audit.demo.sample import export
from audit.look import once
from audit.model import Seen
from audit.running.model.invoker import StackInvoker
from audit.running.model.secrets import Secret
from audit.running.model.seen import Running
from reports import facts
from tests.nouns import (
    NOW,
    RUNNER,
    STACK,
    TAG_AT,
    definition,
    gap,
    invoker,
    observation,
    released,
    repository,
    request,
    row,
    snapshot,
    unread,
)

if TYPE_CHECKING:
    from audit.declared.model import Declared


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Declared:
    """Evaluate the sample repository."""
    return once.declared(Settings(infra_live=export(tmp_path_factory.mktemp("sample") / "live")))


def test_declared_names_literal_chain_and_shadow(sample: Declared) -> None:
    """Each tag with its place and the day it was set, the way to the input, what is dead, and the other pins."""
    shown = facts.declared(sample)
    assert "dev/us-west-2/mgmt/ecs-deploy-runner/terragrunt.hcl:13" in shown
    assert "common.hcl:20 says v0.57.3, dead here: stage/common.hcl:13 wins" in shown
    assert 'common.hcl:20  "v0.57.3" → locals.deploy_runner_container_image_tag' in shown
    assert "read_terragrunt_config(common.hcl)" in shown
    assert "2026-01-15" in shown
    assert "DOCKERFILE_REPO_REF" in shown
    assert "7 units, 28 containers" in shown.splitlines()[-1]
    assert all(line == line.rstrip() for line in shown.splitlines())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(Dated(place=TAG_AT, commit=None, day=None), "not committed", id="in the work tree"),
        pytest.param(
            Dated(place=TAG_AT, commit="a" * 40, day=date(2026, 1, 2), at_least=True),
            "2026-01-02 or before",
            id="shallow",
        ),
    ],
)
def test_declared_says_since_when(change: Dated, words: str) -> None:
    """What git cannot say exactly is said as it is."""
    declared = replace(snapshot().declared, dated=(change,))
    assert words in facts.declared(declared)


def test_declared_shows_what_is_unknown() -> None:
    """An unknown value stands with its reason, a gap with its message."""
    rows = (row(tag=None, image=None, unknown={"tag": "an output", "image": "an output"}),)
    shown = facts.declared(snapshot(rows=rows, declared_gaps=(gap(),)).declared)
    assert "(unknown: an output)" in shown
    assert "could not be read:" in shown


def test_running_shows_families_invokers_images_and_gaps() -> None:
    """Absent things are said to be absent, unread ones stand below."""
    seen = observation(families=Seen(value=(definition(f"{STACK}-terraform-planner", f"{RUNNER}:v1.3.0"),)))
    bare = observation(
        families=unread(),
        invokers=(
            StackInvoker(stack=STACK, invoker=Seen(value=None)),
            StackInvoker(stack="other", invoker=Seen(value=invoker(None))),
        ),
    )
    stored = repository(tags={"v1.3.0": "sha256:" + "a" * 64, "v9.9.9": None})
    dark = replace(repository(), tags=unread("registry"))
    running = Running(observations=(seen, bare), repositories=(stored, dark))
    shown = facts.running(running, (gap("unit"),))
    assert "ecs-deploy-runner:v1.3.0" in shown
    assert f"{NOW:%Y-%m-%d %H:%M}" in shown
    assert shown.count("(not there)") == 2
    assert "container image" in shown
    assert shown.count("was denied") == 1
    document = facts.running_document(running)
    assert document["schema_version"] == 1
    assert len(facts.all_gaps(running)) == 2


def test_running_as_data_leaves_out_by_which_calls() -> None:
    """Their ids are evidence, which stands in the snapshot; with or without them the document is the same."""
    requests = (request(),)
    secret = Secret(arn="arn:s", metadata=Seen(value=None), calls=1)
    bare = Running(
        observations=(observation(),), repositories=(repository(),), secrets=(secret,), beyond=(observation(),)
    )
    noted = Running(
        observations=(observation(requests=requests),),
        repositories=(replace(repository(), requests=requests),),
        secrets=(replace(secret, requests=requests),),
        beyond=(observation(requests=requests),),
    )
    document = facts.running_document(noted)
    assert document == facts.running_document(bare)
    assert "requests" not in str(document)


def test_released_shows_newest_source_and_date() -> None:
    """The newest first, where the list came from and its date; why it was not GitHub, if so."""
    shown = facts.released(replace(released(), fallback_reason="api.github.com: rate limit reached"))
    assert shown.splitlines()[2].startswith("v1.3.0")
    assert "known up to 2026-11-24" in shown
    assert "rate limit reached" in shown
    assert facts.released_document(released())["newest"] == "v1.3.0"


def test_hostile_text_is_neutral() -> None:
    """A tag with an escape sequence is shown, not sent."""
    shown = facts.declared(snapshot(rows=(row(tag="v1\x1b[31m"),)).declared)
    assert "\x1b" not in shown

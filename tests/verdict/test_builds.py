"""What an invoker would refuse of a build."""

from __future__ import annotations

import pytest

from audit.errors import UnreadError
from audit.running.model.invoker import Invoker, Script
from audit.running.redact import DROPPED
from audit.running.scripts import ANY
from audit.verdict.builds import broken_patterns, build_script, refusal


def script(**changes: object) -> Script:
    """Make what an invoker says of image builds."""
    fields: dict[str, object] = {
        "container": "docker-image-builder",
        "name": "build-docker-image",
        "allowed_options": (ANY,),
        "restricted_options": (),
        "patterns": (),
        "hardcoded": (),
        "positional": False,
    }
    return Script(**{**fields, **changes})  # type: ignore[arg-type]  # tests name the fields that they change


@pytest.mark.parametrize(
    ("given", "option", "value", "words"),
    [
        pytest.param(script(), "--ref", "v1.3.0", None, id="no rules"),
        pytest.param(script(allowed_options=("--ref",)), "--ref", "v1", None, id="allowed"),
        pytest.param(script(allowed_options=("ref",)), "--ref", "v1", None, id="allowed without dashes"),
        pytest.param(script(allowed_options=("--ref=.*",)), "--ref", "v1", None, id="allowed with a value"),
        pytest.param(
            script(allowed_options=()),
            "--ref",
            None,
            "--ref is not among its allowed options (none)",
            id="none allowed",
        ),
        pytest.param(
            script(allowed_options=("--repo",)),
            "--ref",
            None,
            "--ref is not among its allowed options (--repo)",
            id="not allowed",
        ),
        pytest.param(
            script(restricted_options=("--ref",)),
            "--ref",
            None,
            "--ref is among its restricted options",
            id="restricted",
        ),
        pytest.param(script(patterns=(("--ref", r"^v\d"),)), "--ref", "v1.3.0", None, id="matches"),
        pytest.param(
            script(patterns=(("ref", "^main$"),)), "--ref", "v1", "--ref v1 does not match ^main$", id="differs"
        ),
        pytest.param(script(patterns=(("--repo", "^x$"),)), "--ref", "v1", None, id="another option's"),
        pytest.param(script(patterns=(("--ref", "^main$"),)), "--ref", None, None, id="no value to try"),
        pytest.param(script(patterns=(("--ref", "v(1"),)), "--ref", "v1", None, id="does not compile: told elsewhere"),
    ],
)
def test_refusal(given: Script, option: str, value: str | None, words: str | None) -> None:
    """By name, and by what its value must look like."""
    assert refusal(given, option, value) == words


def test_an_expression_that_could_run_for_ever_is_not_tried() -> None:
    """Look-ahead and the like are Python's alone: nobody knows without trying."""
    with pytest.raises(UnreadError, match="by hand"):
        refusal(script(patterns=(("--ref", r"^(?!v0)(a+)+$"),)), "--ref", "v1")


def test_an_expression_that_was_not_kept_is_not_tried() -> None:
    """What looked like a secret was dropped where it came in: nobody knows what it would match."""
    with pytest.raises(UnreadError, match="by hand"):
        refusal(script(patterns=(("--ref", DROPPED),)), "--ref", "v1")


def test_broken_patterns() -> None:
    """Each with its reason, in one harmless line; one that only Python knows is not broken."""
    given = script(
        patterns=(("--a", "(\x1b"), ("--b", "a" * 20_000), ("--c", r"(?!x)"), ("--d", "[[a]"), ("--e", "a{9999999999}"))
    )
    found = dict(broken_patterns(given))
    assert set(found) == {"--a", "--e"}
    assert "does not compile" in found["--a"]
    assert all(reason.isprintable() for reason in found.values())


def invoker(*scripts: Script) -> Invoker:
    """Make an invoker with these scripts."""
    return Invoker(
        name="x-invoker", runtime=None, state=None, last_update_status=None, last_modified=None, scripts=scripts
    )


def test_the_script_that_builds_images() -> None:
    """By container and name; where only the container is known by name, its first."""
    planner, builder, other = script(container="terraform-planner"), script(), script(name="other")
    assert build_script(invoker(planner, other, builder), "x") is builder
    assert build_script(invoker(planner, other), "x") is other


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "there is no such function"),
        (invoker(), "has no script build-docker-image"),
        (Invoker(name="x", runtime=None, state=None, last_update_status=None, last_modified=None), "can't be decoded"),
    ],
)
def test_what_says_nothing_of_builds_is_unknown(found: Invoker | None, words: str) -> None:
    """Neither let through nor refused."""
    with pytest.raises(UnreadError, match=words):
        build_script(found, "dev: x-invoker")

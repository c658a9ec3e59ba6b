"""Release notes: the modules below their heading, and the marker of an incompatible change."""

from __future__ import annotations

import pytest

from audit.released.notes import is_marked_incompatible, modules_affected


@pytest.mark.parametrize(
    ("notes", "modules"),
    [
        pytest.param(
            "## Modules affected\n- `ecs-deploy-runner`\n- `jenkins-server`\n",
            ("ecs-deploy-runner", "jenkins-server"),
            id="list",
        ),
        pytest.param(
            "### Module Affected:\r\n\r\n* ecs-deploy-runner **[BACKWARD INCOMPATIBLE]**\r\n",
            ("ecs-deploy-runner",),
            id="marker",
        ),
        pytest.param(
            "**Modules affected**\n+ [`modules/ecs-deploy-runner`](https://example.com)\n",
            ("ecs-deploy-runner",),
            id="link",
        ),
        pytest.param(
            "## Modules affected\n- **build-helpers/build-packer-artifact**.\n",
            ("build-helpers/build-packer-artifact",),
            id="path",
        ),
        pytest.param("## Modules affected\n- a\n  - b\n- a\n", ("a", "b"), id="nested and twice"),
        pytest.param("## Modules affected\n- a\n\n## Description\n- b\n", ("a",), id="next heading"),
        pytest.param("## Modules affected\n- N/A\n- none\n- --\n", (), id="none"),
        pytest.param("## Description\n- a\n", (), id="other heading"),
        pytest.param("Modules affected in this release are many\n- a\n", (), id="no heading"),
        pytest.param("", (), id="empty"),
    ],
)
def test_modules_affected(notes: str, modules: tuple[str, ...]) -> None:
    """The list below the heading, in its order."""
    assert modules_affected(notes) == modules


@pytest.mark.parametrize(
    ("notes", "marked"),
    [
        ("**[BACKWARD INCOMPATIBLE]**", True),
        ("This release is backwards-incompatible", True),
        ("a backward\nincompatible change", True),
        ("There are no backward incompatible changes", False),
        ("This is not a backwards incompatible change", False),
        ("non-backward incompatible", False),
        ("No backward incompatible changes to a; backward incompatible for b", True),
        ("backward compatible", False),
        ("", False),
    ],
)
def test_marker(notes: str, *, marked: bool) -> None:
    """The marker counts, its denial doesn't."""
    assert is_marked_incompatible(notes) is marked


def test_cost() -> None:
    """Hostile notes cost no more than their text."""
    assert modules_affected("#" * 1_000_000) == ()
    assert not is_marked_incompatible("no " * 300_000 + "backward " * 100_000)

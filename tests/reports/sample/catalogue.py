"""The checks that the sample run had, one of them disabled, and the releases that it knew."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from audit.verdict.results import CheckNote, ReleaseNote

if TYPE_CHECKING:
    from audit.model import SeverityName

_CONTROLS = ("NIST 800-53 CM-2", "NIST 800-53 CM-6", "SOC 2 CC8.1")
_CATALOGUE: tuple[tuple[str, str, SeverityName, tuple[str, ...]], ...] = (
    ("declared-tag-behind", "The declared tag is behind the newest release", "medium", ("NIST 800-53 SI-2",)),
    ("declared-tag-not-in-registry", "The declared tag is in the registry", "critical", ("NIST 800-53 CM-2",)),
    ("family-missing", "Every declared container has a task definition", "high", ("NIST 800-53 CM-8",)),
    ("family-undeclared", "No undeclared container has a task definition", "medium", ("NIST 800-53 CM-8",)),
    ("image-digest-drift", "The running image is the one in the registry", "medium", _CONTROLS),
    ("image-repository-drift", "The running image comes from the declared repository", "high", _CONTROLS),
    ("image-tag-drift", "The running tag is the declared one", "high", _CONTROLS),
    (
        "invoker-runtime-deprecated",
        "The invoker runs on a maintained Python",
        "critical",
        ("ISO 27001:2022 A.8.8",),
    ),
    ("module-ref-skew", "All units take the module from one version", "low", _CONTROLS),
    ("not-covered", "Everything that was expected could be read", "high", ("NIST 800-53 CM-8", "SOC 2 CC7.1")),
    ("runner-kaniko-split", "Both images are declared from one release", "high", _CONTROLS),
    ("task-recent", "A task ran lately", "info", ()),
)
CHECKS = tuple(
    CheckNote(
        id=name,
        title=title,
        why="What is merged but not applied runs with old permissions and old tools, and nothing tells anybody.",
        severity=severity,
        remedy="apply the unit, or change what is declared",
        controls=controls,
    )
    for name, title, severity, controls in _CATALOGUE
)
DISABLED = CheckNote(
    id="registry-without-own-key",
    title="The repository is encrypted with AWS's key",
    why="Only a key of your own can be taken away.",
    severity="info",
    remedy="make the repository anew",
    controls=("NIST 800-53 CM-6",),
    disabled="our rules ask for encryption, not for a key of our own",
)
RELEASES = tuple(
    ReleaseNote(tag=tag, published=date.fromisoformat(published), breaking=breaking)
    for tag, published, breaking in (
        ("v0.50.5", "2022-07-06", False),
        ("v0.50.6", "2022-07-27", False),
        ("v0.50.12", "2022-10-21", True),
        ("v0.51.0", "2022-12-08", True),
        ("v0.51.2", "2023-03-28", True),
        ("v0.51.8", "2023-05-16", False),
        ("v0.52.0", "2023-05-30", None),
        ("v0.52.1", "2023-06-02", False),
        ("v0.52.13", "2023-09-19", False),
        ("v0.54.0", "2024-04-16", True),
        ("v0.55.0", "2024-07-12", None),
        ("v0.57.1", "2025-03-03", False),
        ("v1.0.0", "2025-07-15", None),
        ("v1.3.0", "2026-02-12", None),
    )
)

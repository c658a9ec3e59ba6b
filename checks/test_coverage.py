"""Coverage: whatever was expected and could not be read is said, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.errors import UnreadError
from audit.verdict.check import Findings, Subject, check
from audit.verdict.subject import of_gap

if TYPE_CHECKING:
    from audit.verdict.results import Coverage


@check(
    "not-covered",
    severity="high",
    remedy="give the missing permission or credentials, or mend the file, and look again",
    controls=("NIST 800-53 CM-8", "SOC 2 CC7.1"),
)
def test_not_covered(coverage: Coverage, findings: Findings) -> None:
    """Something that was expected could not be read.

    What nobody saw is neither in sync nor drifting: as long as a gap stands, the rest of the report says nothing
    about that place.
    """
    for gap in coverage.gaps:
        with findings.about(of_gap(gap)):
            raise UnreadError(gap)
    if not coverage.gaps:
        with findings.about(Subject(name="fleet")):
            assert coverage.read == coverage.expected, f"{coverage.read} of {coverage.expected} units read"

"""What ECR's scans call critical in the images that run: the ids, asked for only where a scan counted some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.faults import CallError
from audit.running.model.ecr import Vulnerable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mypy_boto3_ecr.type_defs import ImageScanFindingsTypeDef

    from audit.running.model.ecr import TagImage
    from audit.running.model.targets import RegistryTarget
    from audit.running.visit import Visit

MOST_CALLS = 2
MOST_IDS = 50

_CALL = "ecr:DescribeImageScanFindings"
_CRITICAL = "CRITICAL"
_GONE = frozenset({"ScanNotFoundException", "ImageNotFoundException", "RepositoryNotFoundException"})


def critical(visit: Visit, target: RegistryTarget, images: Sequence[TagImage]) -> tuple[Vulnerable, ...]:
    """Name the critical vulnerabilities of each running digest that has some, in at most two calls a repository.

    The count is known without these calls: where they don't reach, ids are missing and nothing is called clean.
    """
    counts = {image.digest: image.critical for image in images if image.tag in target.running and image.critical}
    left, found = MOST_CALLS, []
    for digest, count in sorted((digest, count) for digest, count in counts.items() if digest):
        ids: set[str] = set()
        for page in _pages(visit, target, digest, left):
            left -= 1
            ids.update(_ids(page))
            if len(ids) >= count:
                break
        found.append(Vulnerable(digest=digest, ids=tuple(sorted(ids)[:MOST_IDS])))
    return tuple(found)


def _pages(visit: Visit, target: RegistryTarget, digest: str, most: int) -> Iterator[ImageScanFindingsTypeDef]:
    if not most:
        return
    pages = visit.pages(
        _CALL,
        visit.ecr.describe_image_scan_findings,
        registryId=target.account.id or "",
        repositoryName=target.repository,
        imageId={"imageDigest": digest},
        maxResults=1000,
    )
    try:
        for number, page in enumerate(pages, start=1):
            yield page.get("imageScanFindings", {})
            if number == most:
                return
    except CallError as error:
        if error.code not in _GONE:
            raise


def _ids(page: ImageScanFindingsTypeDef) -> Iterable[str]:
    """Take the ids of basic scanning (``findings``) or of enhanced scanning (``enhancedFindings``, still open ones)."""
    for basic in page.get("findings", ()):
        if basic.get("severity") == _CRITICAL and "name" in basic:
            yield basic["name"]
    for enhanced in page.get("enhancedFindings", ()):
        if enhanced.get("severity") == _CRITICAL and enhanced.get("status", "ACTIVE") == "ACTIVE":
            yield enhanced.get("packageVulnerabilityDetails", {}).get("vulnerabilityId") or enhanced.get("title", "?")

"""Images in ECR: digest, push time and size of the tags that matter, whatever else the repository holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audit.running.faults import CallError
from audit.running.model import TagImage
from audit.running.replies import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from audit.running.model import RegistryTarget
    from audit.running.visit import Visit

_BATCH = 100
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
# Without its type in this list ECR converts an image, and shows a digest that nobody pulled.
_MEDIA_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)


def tags(visit: Visit, target: RegistryTarget) -> tuple[TagImage, ...] | None:
    """Read each tag that was asked for; None if there is no such repository.

    By BatchGetImage, since one absent tag makes DescribeImages fail for all the others.
    """
    # What can't be a tag can't be there, and would have the whole batch refused.
    possible = sorted({tag for tag in target.tags if _TAG.fullmatch(tag)})
    try:
        digests = {tag: digest for batch in _batches(possible) for tag, digest in _digests(visit, target, batch)}
        details = {
            digest: detail
            for batch in _batches(sorted(set(digests.values())))
            for digest, detail in _details(visit, target, batch)
        }
    except CallError as error:
        if error.code == "RepositoryNotFoundException":
            return None
        raise
    return tuple(_tag_image(tag, digests.get(tag), details) for tag in sorted(set(target.tags)))


def _tag_image(tag: str, digest: str | None, details: dict[str, tuple[datetime | None, int | None]]) -> TagImage:
    pushed_at, size = details.get(digest or "", (None, None))
    return TagImage(tag=tag, digest=digest, pushed_at=pushed_at, size_bytes=size)


def _batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))


def _digests(visit: Visit, target: RegistryTarget, tags: Sequence[str]) -> Iterator[tuple[str, str]]:
    call = "ecr:BatchGetImage"
    reply = visit.ask(
        call,
        visit.ecr.batch_get_image,
        registryId=target.account.id or "",
        repositoryName=target.repository,
        imageIds=[{"imageTag": tag} for tag in tags],
        acceptedMediaTypes=_MEDIA_TYPES,
    )
    found = {
        one.get("imageId", {}).get("imageTag"): one.get("imageId", {}).get("imageDigest") for one in reply["images"]
    }
    absent = set()
    for failure in reply["failures"]:
        code = failure.get("failureCode", "")
        if code not in {"ImageNotFound", "InvalidImageTag"}:
            raise CallError(call, code)
        absent.add(failure.get("imageId", {}).get("imageTag"))
    for tag in tags:
        digest = found.get(tag)
        if digest:
            yield tag, digest
        elif tag not in absent:
            # A reply that is silent about a tag isn't whole, and isn't proof that the tag isn't there.
            raise CallError(call, "DamagedReply")


def _details(
    visit: Visit, target: RegistryTarget, digests: Sequence[str]
) -> Iterator[tuple[str, tuple[datetime | None, int | None]]]:
    reply = visit.ask(
        "ecr:DescribeImages",
        visit.ecr.describe_images,
        registryId=target.account.id or "",
        repositoryName=target.repository,
        imageIds=[{"imageDigest": digest} for digest in digests],
    )
    for one in reply["imageDetails"]:
        yield one.get("imageDigest", ""), (utc(one.get("imagePushedAt")), one.get("imageSizeInBytes"))

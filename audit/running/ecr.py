"""Images in ECR: digest, push time and size of the tags that matter, whatever else the repository holds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audit.running.faults import CallError
from audit.running.model.ecr import PlatformImage, Scan, TagImage
from audit.running.replies import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef

    from audit.running.model.targets import RegistryTarget
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
        found = {tag: image for batch in _batches(possible) for tag, image in _images(visit, target, batch)}
        digests = sorted({image.digest for image in found.values() if image.digest})
        details = {one.get("imageDigest"): one for batch in _batches(digests) for one in _details(visit, target, batch)}
    except CallError as error:
        if error.code == "RepositoryNotFoundException":
            return None
        raise
    absent = (TagImage(tag=tag, digest=None) for tag in set(target.tags) - found.keys())
    there = (_with_details(image, details.get(image.digest, {})) for image in found.values())
    return tuple(sorted((*absent, *there), key=lambda image: image.tag))


def _batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))


def _images(visit: Visit, target: RegistryTarget, tags: Sequence[str]) -> Iterator[tuple[str, TagImage]]:
    call = "ecr:BatchGetImage"
    reply = visit.ask(
        call,
        visit.ecr.batch_get_image,
        registryId=target.account.id or "",
        repositoryName=target.repository,
        imageIds=[{"imageTag": tag} for tag in tags],
        acceptedMediaTypes=_MEDIA_TYPES,
    )
    found = {one.get("imageId", {}).get("imageTag"): one for one in reply["images"]}
    absent = set()
    for failure in reply["failures"]:
        code = failure.get("failureCode", "")
        if code not in {"ImageNotFound", "InvalidImageTag"}:
            raise CallError(call, code)
        absent.add(failure.get("imageId", {}).get("imageTag"))
    for tag in tags:
        if tag in absent:
            continue
        digest = found.get(tag, {}).get("imageId", {}).get("imageDigest")
        if not digest:
            # A reply that is silent about a tag isn't whole, and isn't proof that the tag isn't there.
            raise CallError(call, "DamagedReply")
        media_type = found[tag].get("imageManifestMediaType")
        children = platform_images(found[tag].get("imageManifest", ""))
        yield tag, TagImage(tag=tag, digest=digest, media_type=media_type, images=children)


def platform_images(manifest: str) -> tuple[PlatformImage, ...]:
    """List what an index points to; nothing for the manifest of a single image, or what is no manifest."""
    try:
        listed = json.loads(manifest).get("manifests", ())
        return tuple(_platform_image(one) for one in listed if isinstance(one.get("digest"), str))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return ()


def _platform_image(seen: Mapping[str, Any]) -> PlatformImage:
    platform = seen.get("platform", {})
    parts = [str(platform[key]) for key in ("os", "architecture", "variant") if platform.get(key)]
    return PlatformImage(digest=seen["digest"], platform="/".join(parts) or None)


def _details(visit: Visit, target: RegistryTarget, digests: Sequence[str]) -> Sequence[ImageDetailTypeDef]:
    call = "ecr:DescribeImages"
    found = visit.ask(
        call,
        visit.ecr.describe_images,
        registryId=target.account.id or "",
        repositoryName=target.repository,
        imageIds=[{"imageDigest": digest} for digest in digests],
    )["imageDetails"]
    if not {one.get("imageDigest") for one in found} >= set(digests):
        raise CallError(call, "DamagedReply")  # as above: when it was pushed, and what a scan found, is not known
    return found


def _with_details(image: TagImage, seen: ImageDetailTypeDef) -> TagImage:
    return replace(
        image,
        pushed_at=utc(seen.get("imagePushedAt")),
        size_bytes=seen.get("imageSizeInBytes"),
        last_pulled_at=utc(seen.get("lastRecordedPullTime")),
        scan=_scan(seen),
    )


def _scan(seen: ImageDetailTypeDef) -> Scan | None:
    if "imageScanStatus" not in seen and "imageScanFindingsSummary" not in seen:
        return None
    summary = seen.get("imageScanFindingsSummary", {})
    return Scan(
        status=seen.get("imageScanStatus", {}).get("status", "COMPLETE"),
        completed_at=utc(summary.get("imageScanCompletedAt")),
        counts=tuple(sorted(summary.get("findingSeverityCounts", {}).items())),
    )

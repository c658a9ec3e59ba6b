"""What moto leaves out, pinned: where one of these begins to fail, its patch in the overlay can go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.aws import DEV, REGION, push_image, sign_in
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient


def _ecs(endpoint: str) -> ECSClient:
    return sign_in(endpoint, DEV, REGION).client("ecs", endpoint_url=endpoint)


def _register(ecs: ECSClient, *families: str) -> None:
    for family in families:
        ecs.register_task_definition(
            family=family, containerDefinitions=[{"name": "c", "image": "x:v1", "memory": 128}]
        )


def test_moto_has_no_pages_of_families(aws: str) -> None:
    """Moto gives the whole list at once; the overlay gives pages, as AWS does."""
    ecs = _ecs(aws)
    _register(ecs, "a", "b", "c")
    assert len(ecs.list_task_definition_families(maxResults=1)["families"]) == 3
    with overlaid(aws, page_size=2) as overlay:
        pages = _ecs(overlay.url).get_paginator("list_task_definition_families").paginate()
        assert [page["families"] for page in pages] == [["a", "b"], ["c"]]


def test_moto_does_not_say_who_registered(aws: str) -> None:
    """Moto leaves out when and by whom; the overlay adds it."""
    _register(_ecs(aws), "a")
    assert (
        not {"registeredAt", "registeredBy"}
        & _ecs(aws).describe_task_definition(taskDefinition="a")["taskDefinition"].keys()
    )
    with overlaid(aws) as overlay:
        seen = _ecs(overlay.url).describe_task_definition(taskDefinition="a")["taskDefinition"]
    assert {"registeredAt", "registeredBy"} <= seen.keys()


def test_moto_loses_the_image_that_a_tag_moved_from(aws: str) -> None:
    """Moto deletes what AWS would keep untagged."""
    first = push_image(aws, DEV, REGION, "kaniko", "v1")
    push_image(aws, DEV, REGION, "kaniko", "v1", "sha256:" + "1" * 64)
    ecr = sign_in(aws, DEV, REGION).client("ecr", endpoint_url=aws)
    assert first not in {one.get("imageDigest") for one in ecr.list_images(repositoryName="kaniko")["imageIds"]}


def test_moto_ends_no_session(aws: str) -> None:
    """Moto's sessions last for ever; the overlay can end one."""
    with overlaid(aws) as overlay:
        session = sign_in(overlay.url, DEV, REGION)
        sts = session.client("sts", endpoint_url=overlay.url)
        assert sts.get_caller_identity()["Account"] == DEV
        overlay.expire(DEV)
        with pytest.raises(sts.exceptions.ClientError, match="ExpiredTokenException"):
            sts.get_caller_identity()

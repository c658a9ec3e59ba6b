"""Fills an emulated AWS with runners and images, account by account, through the role that every account has there.

For an emulator only: it answers AssumeRole for any account, and nothing here is ever pointed at AWS itself.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import Loader, create_loader

from audit.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_ecs.type_defs import ContainerDefinitionTypeDef, KeyValuePairTypeDef
    from mypy_boto3_sts import STSClient

_ROLE = "OrganizationAccountAccessRole"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def seed_runner(  # noqa: PLR0913 -- where, and what: each is one plain thing
    endpoint: str,
    account_id: str,
    region: str,
    stack: str,
    images: Mapping[str, str],
    invoker_runtime: str | None = "python3.12",
    *,
    environment: Mapping[str, str] | None = None,
    exposed: Mapping[str, Mapping[str, str]] | None = None,
    extras: Extras | None = None,
) -> None:
    """Register a revision of ``<stack>-<container>`` for each image, and the invoker unless its runtime is None.

    ``environment`` is given to every container and to the invoker, ``exposed`` to the containers that it names.
    """
    session = sign_in(endpoint, account_id, region)
    ecs = session.client("ecs", endpoint_url=endpoint)
    ecs.create_cluster(clusterName=stack)
    given = extras or Extras()
    if given.log_group:
        session.client("logs", endpoint_url=endpoint).create_log_group(logGroupName=given.log_group)
    for container, image in images.items():
        own = {**(environment or {}), **(exposed or {}).get(container, {})}
        variables: list[KeyValuePairTypeDef] = [{"name": name, "value": value} for name, value in own.items()]
        ecs.register_task_definition(
            family=f"{stack}-{container}",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory="2048",
            containerDefinitions=[
                {"name": "runner", "image": image, "environment": variables, **given.definition(region)}
            ],
        )
    if invoker_runtime is not None:
        packed = {"BASE64GZ_CONFIG_DATA_JSON": pack(given.configuration)} if given.configuration else {}
        _create_invoker(session, endpoint, stack, invoker_runtime, {**packed, **(environment or {})})


@dataclass(frozen=True, kw_only=True, slots=True)
class Extras:
    """What a runner has besides its images: a log group, a secret by its ARN, the invoker's configuration."""

    log_group: str | None = None
    secret: str | None = None
    configuration: Mapping[str, Any] | None = None

    def definition(self, region: str) -> ContainerDefinitionTypeDef:
        """Give the parts of a container definition that name them."""
        made: ContainerDefinitionTypeDef = {}
        if self.log_group:
            options = {"awslogs-group": self.log_group, "awslogs-region": region}
            made["logConfiguration"] = {"logDriver": "awslogs", "options": options}
        if self.secret:
            made["secrets"] = [{"name": "GITHUB_OAUTH_TOKEN", "valueFrom": self.secret}]
        return made


def pack(configuration: Mapping[str, Any]) -> str:
    """Write the invoker's configuration as its variable holds it: base64 of gzip of JSON."""
    return base64.b64encode(gzip.compress(json.dumps(configuration).encode(), mtime=0)).decode()


def create_repository(
    endpoint: str,
    account_id: str,
    region: str,
    repository: str,
    *,
    readers: Sequence[str] = (),
    immutable: bool = True,
) -> None:
    """Make a repository that is set up well, unless its tags can be moved; ``readers`` may pull."""
    ecr = sign_in(endpoint, account_id, region).client("ecr", endpoint_url=endpoint)
    ecr.create_repository(
        repositoryName=repository,
        imageTagMutability="IMMUTABLE" if immutable else "MUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS"},
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{reader}:root" for reader in readers]},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.set_repository_policy(repositoryName=repository, policyText=policy)


def create_secret(endpoint: str, account_id: str, region: str, name: str, key: str | None) -> str:
    """Make a secret under a key (None: AWS's own) and give its ARN."""
    secrets = sign_in(endpoint, account_id, region).client("secretsmanager", endpoint_url=endpoint)
    if key is None:
        return secrets.create_secret(Name=name, SecretString="of the emulator")["ARN"]
    return secrets.create_secret(Name=name, SecretString="of the emulator", KmsKeyId=key)["ARN"]


def push_image(
    endpoint: str,
    account_id: str,
    region: str,
    repository: str,
    tag: str,
    digest: str | None = None,
) -> str:
    """Put an image with this tag into a repository, which is made if it isn't there; gives the image's digest."""
    ecr = sign_in(endpoint, account_id, region).client("ecr", endpoint_url=endpoint)
    with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=repository)
    digest = digest or digest_of(f"{repository}:{tag}")
    ecr.put_image(repositoryName=repository, imageManifest=_manifest(digest), imageTag=tag, imageDigest=digest)
    return digest


def digest_of(image: str) -> str:
    """Give the digest that an image is pushed with, unless another is given."""
    return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _create_invoker(
    session: boto3.Session, endpoint: str, stack: str, runtime: str, environment: Mapping[str, str]
) -> None:
    iam = session.client("iam", endpoint_url=endpoint)
    role = f"{stack}-invoker"
    try:
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): ...\n")
    session.client("lambda", endpoint_url=endpoint).create_function(
        FunctionName=f"{stack}-invoker",
        Runtime=runtime,  # type: ignore[arg-type]  # old ones too, which the type no longer lists
        Role=arn,
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": dict(environment)},
    )


def _manifest(digest: str) -> str:
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 7023,
            "digest": digest,
        },
        "layers": [
            {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 32654321, "digest": digest}
        ],
    }
    return json.dumps(manifest)


def sign_in(endpoint: str, account_id: str, region: str) -> boto3.Session:
    """Get into an account of the emulator; RefusedError for an endpoint that isn't on this machine."""
    if urlsplit(endpoint).hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise RefusedError(f"seeding {endpoint} is refused: only an emulator on this machine is filled")
    role = f"arn:aws:iam::{account_id}:role/{_ROLE}"
    given = _sts(endpoint, region).assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
    session = _session()
    session.set_credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    session.set_config_variable("region", region)
    return boto3.Session(botocore_session=session)


@lru_cache(maxsize=4)
def _sts(endpoint: str, region: str) -> STSClient:
    """Keep the client that signs in, which takes longer to make than to sign in a dozen times."""
    return boto3.Session(botocore_session=_session()).client(
        "sts",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="emulator",
        aws_secret_access_key="emulator",  # noqa: S106 -- the emulator takes any
        config=Config(proxies={}),
    )


def _session() -> botocore.session.Session:
    session = botocore.session.Session(event_hooks=copy(_hooks()), include_builtin_handlers=False)
    session.register_component("data_loader", _loader())
    return session


@cache
def _hooks() -> HierarchicalEmitter:
    """Keep botocore's own handlers, which are looked up and registered one by one for a session of one's own."""
    hooks = HierarchicalEmitter()
    botocore.session.Session(event_hooks=hooks)
    return hooks


@cache
def _loader() -> Loader:
    """Keep the service models, which take longer to read than a client to make."""
    return create_loader()

"""What Secrets Manager says about a secret: that it exists, its key, when it changed; the value is never asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.running.faults import CallError
from audit.running.model.secrets import SecretMetadata
from audit.running.replies import utc

if TYPE_CHECKING:
    from audit.running.visit import Visit


def secret_metadata(visit: Visit, arn: str) -> SecretMetadata | None:
    """Describe a secret; None if there is no such secret."""
    try:
        reply = visit.ask("secretsmanager:DescribeSecret", visit.secrets.describe_secret, SecretId=arn)
    except CallError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise
    return SecretMetadata(
        arn=reply["ARN"],
        name=reply["Name"],
        kms_key=reply.get("KmsKeyId"),
        last_changed_at=utc(reply.get("LastChangedDate")),
        last_rotated_at=utc(reply.get("LastRotatedDate")),
        deleted_at=utc(reply.get("DeletedDate")),
    )

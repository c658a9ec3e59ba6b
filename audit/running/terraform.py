"""The audit's role as Terraform: one for each account, with its trust and its permissions, as fmt formats it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.running import policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.running.policies import Scope, Statement

# What Terraform itself knows of where it is applied; their braces stay, the policies' own are filled in before.
_PARTITION = "${local.partition}"
_ACCOUNT = "${local.account_id}"

_HEAD = """\
# The role with which pipelines-audit reads an account: written by "pipelines-audit policy --format terraform".
# Apply it in every account of the fleet, the one that holds the image registry included.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0"
    }
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  account_id = data.aws_caller_identity.current.account_id
}
"""
_TRUST = """\
data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "Audit"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.trusted_principals
    }

    dynamic "condition" {
      for_each = var.external_id == null ? [] : [var.external_id]

      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [condition.value]
      }
    }
  }
}
"""
_LISTING = """\
variable "lists_organization" {
  description = "Whether this is the account in which the organization's accounts are listed"
  type        = bool
  default     = false
}
"""
_ROLE = """\
resource "aws_iam_role" "audit" {
  name                 = var.role_name
  description          = "Read by pipelines-audit, changes nothing"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.audit.id
  policy = data.aws_iam_policy_document.read.json
}

output "role_arn" {
  description = "What the audit assumes"
  value       = aws_iam_role.audit.arn
}
"""


def render(scope: Scope) -> str:
    """Write the module for one account; the organization's accounts may be listed only where it is told so."""
    # A role's path is no part of its name, and a name with a star is a pattern that Terraform can't make.
    path, _, name = scope.role.rpartition("/")
    variables = [
        _variable("role_name", _named(name), "string", None if "*" in name else name),
        _variable("trusted_principals", "ARNs that may assume the role", "list(string)", list(scope.trusted) or None),
    ]
    external = _variable("external_id", "External id that has to be given", "string", scope.external_id)
    if scope.external_id is None:
        external = external.replace("\n}\n", "\n  default     = null\n}\n")
    # The policies' grammar has no place for the dollar signs: they go in afterwards.
    anywhere = replace(scope, partition="aws", account="*")
    statements = [_block("statement", one, 2) for one in policies.read(anywhere)]
    listing = policies.listing(anywhere)
    if listing:
        variables.append(_LISTING)
        statements += [_dynamic(one) for one in listing]
    document = "\n".join(['data "aws_iam_policy_document" "read" {', "\n\n".join(statements), "}\n"])
    role = (
        _ROLE.replace("\n  description ", f'\n  path                 = "/{path}/"\n  description ', 1)
        if path
        else _ROLE
    )
    return "\n".join([_HEAD, *variables, external, _TRUST, document, role])


def _named(name: str) -> str:
    return (
        f"Name of the role in this account, as in {name}"
        if "*" in name
        else "Name of the role, the same in every account"
    )


def _variable(name: str, description: str, kind: str, default: str | Sequence[str] | None) -> str:
    lines = [f'  description = "{description}"', f"  type        = {kind}"]
    lines += [] if default is None else [f"  default     = {json.dumps(default)}"]
    return "\n".join([f'variable "{name}" {{', *lines, "}"]) + "\n"


def _dynamic(statement: Statement) -> str:
    return "\n".join(
        [
            '  dynamic "statement" {',
            "    for_each = var.lists_organization ? [true] : []",
            "",
            _block("content", statement, 4),
            "  }",
        ]
    )


def _block(name: str, statement: Statement, indent: int) -> str:
    space = " " * indent
    parts = [
        f"{space}  sid = {json.dumps(statement.sid)}",
        _list("actions", statement.actions, indent + 2),
        _list("resources", [_here(resource) for resource in statement.resources], indent + 2),
    ]
    if statement.condition:
        test, variable, values = statement.condition
        inner = [
            f"{space}    test     = {json.dumps(test)}",
            f"{space}    variable = {json.dumps(variable)}",
            _list("values", [_here(value) for value in values], indent + 4, width=len("variable")),
        ]
        parts.append("\n".join([f"{space}  condition {{", *inner, f"{space}  }}"]))
    return "\n".join([f"{space}{name} {{", "\n\n".join(parts), f"{space}}}"])


def _list(name: str, values: Iterable[str], indent: int, *, width: int = 0) -> str:
    """Write a list; only one that stands on one line is aligned with its neighbours."""
    quoted = [json.dumps(value, ensure_ascii=False) for value in values]
    space = " " * indent
    if len(quoted) == 1:
        return f"{space}{name:<{width}} = [{quoted[0]}]"
    return "\n".join([f"{space}{name} = [", *(f"{space}  {value}," for value in quoted), f"{space}]"])


def _here(arn: str) -> str:
    """Put in the partition and the account where it is applied."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return arn
    parts[1], parts[4] = _PARTITION, _ACCOUNT
    return ":".join(parts)

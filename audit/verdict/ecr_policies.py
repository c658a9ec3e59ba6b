"""The two policies of an ECR repository, read as AWS does: who may pull, and when an image would expire; pure.

Raises UnreadError where a policy is not what AWS documents: then nothing is known of what it allows.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from audit.errors import UnreadError
from audit.model import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.running.model.ecr import TagImage

PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_ACCOUNT = re.compile(r"(?:arn:aws[\w-]*:iam::)?(?P<id>\d{12})(?::root)?", re.ASCII)

Pull: TypeAlias = Literal["allowed", "conditional", "denied"]


def pull(policy: str | None, account_id: str | None, roles: Iterable[str] = ()) -> Pull:
    """Tell whether a repository's policy lets an account pull: by itself, under a condition, or not.

    A grant to one of its ``roles`` (ARNs) counts for the account. A statement that says whom it is *not* for is taken
    for one under a condition.
    """
    statements = _list(_object(policy, "repository policy").get("Statement")) if policy is not None else []
    named = frozenset(roles)
    mine = [one for one in statements if isinstance(one, dict) and _is_for(one, account_id, named)]
    answers = [_action(mine, action) for action in PULL]
    return "denied" if "denied" in answers else "conditional" if "conditional" in answers else "allowed"


def _action(statements: Sequence[dict[str, Any]], action: str) -> Pull:
    about = [one for one in statements if _covers(one, action)]
    denied = [one for one in about if one.get("Effect") == "Deny"]
    allowed = [one for one in about if one.get("Effect") == "Allow"]
    if any(map(_is_plain, denied)) or not allowed:
        return "denied"
    return "allowed" if not denied and any(map(_is_plain, allowed)) else "conditional"


def _is_plain(statement: dict[str, Any]) -> bool:
    return not statement.get("Condition") and "NotPrincipal" not in statement


def _covers(statement: dict[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _any(statement["NotAction"], action)
    return _any(statement.get("Action"), action)


def _any(patterns: object, action: str) -> bool:
    return any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in _list(patterns))


def _is_for(statement: dict[str, Any], account_id: str | None, roles: frozenset[str]) -> bool:
    if "NotPrincipal" in statement:
        return True
    principal = statement.get("Principal")
    names = _list(principal.get("AWS")) if isinstance(principal, dict) else _list(principal)
    found = (_ACCOUNT.fullmatch(str(name)) for name in names)
    return (
        "*" in names
        or not roles.isdisjoint(map(str, names))
        or any(match and match["id"] == account_id for match in found)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Expiry:
    """When a lifecycle policy would delete an image: ``on`` is None where that hangs on what is pushed later."""

    rule: int
    on: datetime | None
    is_now: bool


def expiry(policy: str | None, image: TagImage, known: Sequence[TagImage]) -> Expiry | None:
    """Tell when the first rule that selects an image would delete it; None where no rule does.

    ``known`` are all images that were seen; of those that were not, a rule by number can't be told.
    """
    rules = _list(_object(policy, "lifecycle policy").get("rules")) if policy is not None else []
    ordered = sorted((one for one in rules if isinstance(one, dict)), key=lambda one: _number(one, "rulePriority"))
    tags = [one.tag for one in known if one.digest == image.digest]
    for rule in ordered:
        selection = rule.get("selection")
        if isinstance(selection, dict) and _selects(selection, tags):
            return _expiry(rule, selection, image, known)
    return None


def _expiry(
    rule: dict[str, Any], selection: dict[str, Any], image: TagImage, known: Sequence[TagImage]
) -> Expiry | None:
    number, priority = _number(selection, "countNumber"), _number(rule, "rulePriority")
    if selection.get("countType") == "sinceImagePushed" and image.pushed_at is not None:
        return Expiry(rule=priority, on=image.pushed_at + timedelta(days=number), is_now=False)
    if selection.get("countType") == "imageCountMoreThan" and image.pushed_at is not None:
        newer = {
            one.digest
            for one in known
            if one.pushed_at and one.pushed_at > image.pushed_at and _selects(selection, [one.tag])
        }
        return Expiry(rule=priority, on=None, is_now=len(newer) >= number)
    return None


def _selects(selection: dict[str, Any], tags: Iterable[str]) -> bool:
    """Tell whether a selection takes a tagged image: any, or one whose tags fit all of the prefixes or patterns."""
    if selection.get("tagStatus") == "any":
        return True
    if selection.get("tagStatus") != "tagged":
        return False
    mine = list(tags)
    prefixes = [f"{prefix}*" for prefix in _list(selection.get("tagPrefixList"))]
    patterns = [*prefixes, *map(str, _list(selection.get("tagPatternList")))]
    return bool(patterns) and all(any(_fits(pattern, tag) for tag in mine) for pattern in patterns)


def _fits(pattern: str, tag: str) -> bool:
    """Match as ECR does, where only the star is special; piece by piece, so that no pattern is slow."""
    first, *rest = pattern.split("*")
    if not rest:
        return tag == pattern
    *middle, last = rest
    if not tag.startswith(first) or not tag.endswith(last) or len(tag) < len(first) + len(last):
        return False
    at, end = len(first), len(tag) - len(last)
    for piece in middle:
        found = tag.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UnreadError(Gap(what=what, message=f"the {what} is not what AWS documents; look at it by hand"))
    return found


def _number(thing: dict[str, Any], key: str) -> int:
    value = thing.get(key)
    if isinstance(value, int):
        return value
    raise UnreadError(Gap(what="lifecycle policy", message=f"a rule of the lifecycle policy has no {key}"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]

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
    from collections.abc import Iterable, Mapping, Sequence

    from audit.running.model.ecr import TagImage

_VERBS: Mapping[str, Literal["delete", "archive"]] = {"expire": "delete", "transition": "archive"}
_COUNTS = frozenset({"imageCountMoreThan", "sinceImagePushed", "sinceImagePulled"})
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
    """When a lifecycle policy would take an image away: ``on`` is None where that hangs on what is pushed later.

    ``verb`` tells how: it deletes it, or archives it, from where nothing pulls.
    """

    rule: int
    on: datetime | None
    is_now: bool
    verb: Literal["delete", "archive"] = "delete"


def expiry(policy: str | None, image: TagImage, known: Sequence[TagImage]) -> Expiry | None:
    """Tell when the first rule that selects an image would delete or archive it; None where no rule does.

    ``known`` are all images that were seen; of those that were not, a rule by number can't be told. Raises UnreadError
    where a rule counts by what is not known here.
    """
    rules = _list(_object(policy, "lifecycle policy").get("rules")) if policy is not None else []
    if not all(isinstance(one, dict) and isinstance(one.get("selection"), dict) for one in rules):
        raise UnreadError(Gap(what="lifecycle policy", message="a rule of the lifecycle policy has no selection"))
    tags = [one.tag for one in known if one.digest == image.digest]
    for rule in sorted(rules, key=lambda one: _number(one, "rulePriority")):
        if _selects(rule["selection"], tags):
            return _expiry(rule, image, known)
    return None


def _expiry(rule: dict[str, Any], image: TagImage, known: Sequence[TagImage]) -> Expiry:
    selection, action, pushed = rule["selection"], rule.get("action"), image.pushed_at
    number, priority = _number(selection, "countNumber"), _number(rule, "rulePriority")
    counts = selection.get("countType")
    verb = _VERBS.get(str(action.get("type"))) if isinstance(action, dict) else None
    if pushed is None or verb is None or counts not in _COUNTS:
        message = f"rule {priority} of the lifecycle policy can't be told for {image.tag}; look at it by hand"
        raise UnreadError(Gap(what="lifecycle policy", message=message))
    if counts == "imageCountMoreThan":
        newer = {
            one.digest for one in known if one.pushed_at and one.pushed_at > pushed and _selects(selection, [one.tag])
        }
        return Expiry(rule=priority, on=None, is_now=len(newer) >= number, verb=verb)
    since = (image.last_pulled_at or pushed) if counts == "sinceImagePulled" else pushed
    return Expiry(rule=priority, on=since + timedelta(days=number), is_now=False, verb=verb)


def _selects(selection: dict[str, Any], tags: Iterable[str]) -> bool:
    """Tell whether a selection takes a tagged image: any, or one whose tags fit all of the prefixes or patterns.

    What is archived already is nothing that runs: a selection of that class takes none.
    """
    if selection.get("storageClass") == "archive":
        return False
    if selection.get("tagStatus") == "any":
        return True
    if selection.get("tagStatus") != "tagged":
        return False
    mine = list(tags)
    prefixes = [f"{prefix}*" for prefix in _list(selection.get("tagPrefixList"))]
    patterns = [*prefixes, *map(str, _list(selection.get("tagPatternList")))]
    return bool(patterns) and all(any(fits(pattern, tag) for tag in mine) for pattern in patterns)


def fits(pattern: str, tag: str) -> bool:
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

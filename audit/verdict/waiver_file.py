"""The waivers file: YAML read strictly, every fault of it at once, each with its line and column.

Nothing is constructed from the YAML: scalars are taken as they are written, so that an account id keeps its zeros,
and what has another type than is asked for is a fault. Aliases are refused, for a reader should see what holds.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import yaml

from audit.errors import UsageError
from audit.look.exclusions import Exclusion
from audit.model import Location
from audit.text import one_line
from audit.verdict.waivers import Waiver, Waivers
from audit.verdict.yaml_nodes import Faults, Fields, compose, items

MAX_DAYS: Final = 90
WAIVER_KEYS: Final = (
    "id",
    "check",
    "accounts",
    "regions",
    "containers",
    "match",
    "reason",
    "owner",
    "ticket",
    "created",
    "expires",
)
EXCLUSION_KEYS: Final = ("accounts", "regions", "reason", "owner", "ticket", "created", "expires")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What a file is held to: the day, the longest time ahead, and the check ids (old ones to those of today).

    ``known`` is None where the checks are not known yet: ids are then taken as they are.
    """

    today: date
    max_days: int = MAX_DAYS
    known: Mapping[str, str] | None = None


def read(text: str, *, name: str, rules: Rules) -> Waivers:
    """Read a file's text; ``name`` is what people call the file.

    Raises UsageError that lists every fault, one a line: file, line, column, what is wrong and what to write.
    """
    faults = Faults(name)
    found = _Reader(faults, rules).document(compose(text, faults))
    if faults.found:
        raise UsageError("\n".join(faults.lines()))
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return Waivers(file=name, sha256=digest, waivers=found[0], exclusions=found[1])


class _Reader:
    def __init__(self, faults: Faults, rules: Rules) -> None:
        self.faults = faults
        self.rules = rules
        self.ids: dict[str, int] = {}

    def document(self, node: yaml.Node | None) -> tuple[tuple[Waiver, ...], tuple[Exclusion, ...]]:
        if node is None:
            return (), ()
        fields = Fields.of(node, ("version", "waivers", "exclusions"), ("version",), self.faults)
        if fields is None:
            return (), ()
        version = fields.nodes.get("version")
        if version is not None and not (version.tag.endswith(":int") and version.value == "1"):
            self.faults.add(version, "version: this release reads version 1; write version: 1")
        waivers = [self.waiver(item) for item in items(fields, "waivers", self.faults)]
        exclusions = [self.exclusion(item) for item in items(fields, "exclusions", self.faults)]
        return tuple(w for w in waivers if w), tuple(e for e in exclusions if e)

    def waiver(self, node: yaml.Node) -> Waiver | None:
        fields = Fields.of(node, WAIVER_KEYS, ("id", "check", "reason", "owner", "expires"), self.faults)
        if fields is None:
            return None
        match = self.match(fields)
        id_, checks = self.identity(fields), self.checks(fields)
        reason, owner, ticket = (fields.text(key, self.faults) for key in ("reason", "owner", "ticket"))
        lists = {key: self.names(fields, key) for key in ("accounts", "regions", "containers")}
        created = self.day(fields, "created")
        expires = self.expiry(fields, created)
        if id_ is None or reason is None or owner is None or expires is None:
            return None
        return Waiver(
            id=id_,
            checks=checks,
            **lists,
            declared=match.get("declared"),
            running=match.get("running"),
            reason=reason,
            owner=owner,
            ticket=ticket,
            created=created,
            expires=expires,
            place=self.place(node),
        )

    def exclusion(self, node: yaml.Node) -> Exclusion | None:
        fields = Fields.of(node, EXCLUSION_KEYS, ("reason", "owner", "expires"), self.faults)
        if fields is None:
            return None
        if not fields.nodes.keys() & {"accounts", "regions"}:
            self.faults.add(node, "an exclusion without accounts and regions would leave everything out: name them")
        reason, owner, ticket = (fields.text(key, self.faults) for key in ("reason", "owner", "ticket"))
        accounts, regions = self.names(fields, "accounts"), self.names(fields, "regions")
        expires = self.expiry(fields, self.day(fields, "created"))
        if reason is None or owner is None or expires is None:
            return None
        return Exclusion(
            accounts=accounts,
            regions=regions,
            reason=reason,
            owner=owner,
            expires=expires,
            ticket=ticket,
            place=self.place(node),
        )

    def identity(self, fields: Fields) -> str | None:
        id_ = fields.text("id", self.faults)
        if id_ is None:
            return None
        node = fields.nodes["id"]
        if not _ID.fullmatch(id_):
            self.faults.add(node, f"id: {_quoted(id_)}: letters, digits, '.', '_' and '-' only, at most 64 of them")
        if id_ in self.ids:
            self.faults.add(
                node, f"id: {_quoted(id_)} is taken by the waiver of line {self.ids[id_]}; give each its own"
            )
        self.ids.setdefault(id_, node.start_mark.line + 1)
        return id_

    def checks(self, fields: Fields) -> tuple[str, ...]:
        """Read ``check``: an id, or a list of them; old names become those of today."""
        named = []
        for node, id_ in fields.texts("check", self.faults, one_will_do=True):
            known = self.rules.known
            if "*" in id_:
                self.faults.add(node, f"check: {_quoted(id_)}: a waiver names the checks that it is for, without '*'")
            elif known is not None and id_ not in known:
                near = difflib.get_close_matches(id_, known, n=1)
                hint = f" (did you mean {near[0]!r}?)" if near else "; 'pipelines-audit checks' lists them"
                self.faults.add(node, f"check: no check has the id {_quoted(id_)}{hint}")
            named.append(known.get(id_, id_) if known is not None else id_)
        return tuple(dict.fromkeys(named))

    def names(self, fields: Fields, key: str) -> tuple[str, ...]:
        """Read a list of names; globs are refused, since nobody can tell later what they were meant to cover."""
        named = fields.texts(key, self.faults)
        for node, text in named:
            if "*" in text or "?" in text:
                self.faults.add(node, f"{key}: {_quoted(text)}: write each name out; leave the key out for all of them")
        return tuple(dict.fromkeys(text for _, text in named))

    def match(self, fields: Fields) -> dict[str, str]:
        node = fields.nodes.get("match")
        inner = Fields.of(node, ("declared", "running"), (), self.faults) if node else None
        if node is None or inner is None:
            return {}
        if not node.value:
            self.faults.add(node, "match: name declared or running, or leave it out")
        texts = {key: inner.text(key, self.faults) for key in inner.nodes}
        return {key: text for key, text in texts.items() if text is not None}

    def day(self, fields: Fields, key: str) -> date | None:
        node = fields.nodes.get(key)
        if node is None:
            return None
        if isinstance(node, yaml.ScalarNode) and _DAY.fullmatch(node.value):
            try:
                return date.fromisoformat(node.value)
            except ValueError as error:
                self.faults.add(node, f"{key}: {node.value}: {error}")
                return None
        self.faults.add(node, f"{key}: expected a day, like {self.rules.today + timedelta(days=30)}")
        return None

    def expiry(self, fields: Fields, created: date | None) -> date | None:
        expires = self.day(fields, "expires")
        if expires is None:
            return None
        node = fields.nodes["expires"]
        if (expires - self.rules.today).days > self.rules.max_days:
            last = self.rules.today + timedelta(days=self.rules.max_days)
            self.faults.add(
                node,
                f"expires: {expires} is more than {self.rules.max_days} days ahead: "
                f"{last} at the latest, or set max_waiver_days",
            )
        if created and created > expires:
            self.faults.add(node, f"expires: {expires} is before created")
        return expires

    def place(self, node: yaml.Node) -> Location:
        return Location(file=self.faults.file, line=node.start_mark.line + 1, column=node.start_mark.column + 1)


def _quoted(text: str) -> str:
    return repr(one_line(text, 80))

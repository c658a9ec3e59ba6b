"""What a repository declares, in a few words: enough to write its first policy and workflow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.text import counted, one_line

if TYPE_CHECKING:
    from audit.declared.model import Declared

# Where Gruntwork's reference architecture keeps the users and roles that reach into the other accounts.
_HUBS = ("security", "shared")


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """The units of a repository: accounts by name, with id; regions, tags and their numbers, the most frequent first.

    ``scope`` is the folder that is audited, relative to the repository's root; ``unread`` counts what has no value.
    """

    scope: str
    units: int
    unread: int
    accounts: tuple[tuple[str, str | None], ...]
    regions: tuple[str, ...]
    tags: tuple[tuple[str, int], ...]

    @property
    def hub(self) -> str | None:
        """The id of the account from which the others are likely reached."""
        ids = {name: id_ for name, id_ in self.accounts if id_}
        return next((ids[name] for name in _HUBS if name in ids), next(iter(ids.values()), None))

    def lines(self) -> tuple[str, ...]:
        """Say it, one line a subject; harmless whatever the repository holds."""
        names = ", ".join(name for name, _ in self.accounts) or "none that is named"
        tags = ", ".join(f"{tag} ({number})" for tag, number in self.tags) or "none"
        where = f"{counted(self.units, 'unit')} in {', '.join(self.regions) or 'no region that is named'}"
        found = [where, f"accounts: {names}", f"declared tags: {tags}"]
        found += [f"{counted(self.unread, 'place')} that could not be read: see pipelines-audit declared"] * (
            self.unread > 0
        )
        return tuple(one_line(line, 116) for line in found)


def survey(declared: Declared, scope: str) -> Survey:
    """Count what is declared."""
    accounts = {unit.account: unit.account_id for unit in declared.units if unit.account}
    regions = Counter(unit.region for unit in declared.units if unit.region)
    tags = Counter(row.tag for row in declared.containers if row.tag)
    return Survey(
        scope=scope,
        units=len(declared.units),
        unread=len(declared.gaps),
        accounts=tuple(sorted(accounts.items())),
        regions=tuple(region for region, _ in regions.most_common()),
        tags=tuple(tags.most_common()),
    )

"""The proof of an edit by the whole repository: evaluated with the edits in memory, it declares what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.errors import RefusedError
from audit.remedy.bumps import in_repository
from audit.remedy.edit import changes
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from audit.declared.model import Declared, DeclaredContainer
    from audit.declared.tree import SourceTree
    from audit.errors import DeclarationError
    from audit.model import Location
    from audit.remedy.edit import Change, Edit


class EditedTree:
    """A tree some of whose files hold something else than they do on the disk."""

    def __init__(self, tree: SourceTree, texts: Mapping[str, str]) -> None:
        self.tree, self.texts = tree, texts

    def read(self, path: str) -> str:
        """Give a file's text; see SourceTree."""
        real = self.tree.real(path)
        return self.texts[real] if real in self.texts else self.tree.read(path)

    def is_file(self, path: str) -> bool:
        """Tell whether a regular file is there; see SourceTree."""
        return self.tree.is_file(path)

    def is_dir(self, path: str) -> bool:
        """Tell whether a directory is there; see SourceTree."""
        return self.tree.is_dir(path)

    def files(self, under: str = "", *, faults: list[DeclarationError] | None = None) -> Iterator[str]:
        """Give every entry below that is no directory; see SourceTree."""
        return self.tree.files(under, faults=faults)

    def real(self, path: str) -> str:
        """Give a path without its links; see SourceTree."""
        return self.tree.real(path)

    def commit(self) -> str | None:
        """Give the commit that it stands on; see SourceTree."""
        return self.tree.commit()


def prove(tree: SourceTree, edits: Sequence[Edit], evaluate: Callable[[SourceTree], Declared]) -> tuple[Change, ...]:
    """Give what files would hold, once the whole repository is known to declare then what was meant.

    Raises RefusedError where an edit cannot be made, or would change more than the tags and pins that it is there for.
    """
    found = changes(tree.read, edits)
    texts = {change.file: change.after for change in found}
    demand_meant(evaluate(tree), evaluate(EditedTree(tree, texts)), edits)
    return found


def demand_meant(before: Declared, after: Declared, edits: Sequence[Edit]) -> None:
    """Raise RefusedError where an edit would change more than the tags and pins that it is there for."""
    wanted = {edit.place: edit for edit in edits}
    meant = {_key(row): _tag(row, wanted, before.scope) for row in before.containers}
    found = {_key(row): (row.image, row.tag, row.deployed) for row in after.containers}
    for key in meant.keys() | found.keys():
        if meant.get(key) != found.get(key):
            unit, container, _ = key
            said = found.get(key, (None, None, None))[1] or "nothing that can be known"
            raise RefusedError(f"not edited: {one_line(unit)}: {one_line(container)} would declare {one_line(said)}")
    faults = {(gap.unit, gap.what) for gap in after.gaps} - {(gap.unit, gap.what) for gap in before.gaps}
    for place, what in sorted(faults, key=str):
        where = one_line(place or "the repository")
        raise RefusedError(f"not edited: {where}: {one_line(what)} could not be read then")


def _key(row: DeclaredContainer) -> tuple[str, str, str]:
    return row.unit, row.container, row.stack or ""


def _tag(
    row: DeclaredContainer, wanted: Mapping[Location, Edit], scope: str
) -> tuple[str | None, str | None, bool | None]:
    edit = wanted.get(in_repository(row.tag_origin, scope)) if row.tag_origin else None
    return row.image, edit.new if edit and row.tag == edit.old else row.tag, row.deployed

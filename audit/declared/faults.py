"""Errors get their place: what fails deep inside is said at the expression that it failed in."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.errors import DeclarationError, EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.model import Location


def placed(error: DeclarationError, place: Location) -> DeclarationError:
    """Give the same error at a place, unless it has one."""
    if error.file or error.line:
        return error
    return type(error)(error.message, file=place.file, line=place.line, column=place.column)


def fail(message: str, place: Location) -> EvaluationError:
    """Make an EvaluationError at a place, for the caller to raise."""
    return EvaluationError(message, file=place.file, line=place.line, column=place.column)


@contextmanager
def at_place(place: Location) -> Iterator[None]:
    """Give errors that have no place yet this one."""
    try:
        yield
    except DeclarationError as error:
        if error.file or error.line:
            raise
        raise placed(error, place) from error

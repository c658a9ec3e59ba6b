"""The errors of the house: one small tree, each with the exit code that it ends in.

::

    AuditError                    3   something the tool itself did not expect
    ├── UsageError                4   wrong options, configuration, file given by the user
    ├── NothingSelectedError      5   no units, no accounts, no checks
    ├── UnreadError              10   a fact could not be had; carries its Gap
    ├── StoppedError              2   somebody asked for an end while a plan was carried out
    ├── StepFailedError          11   a step of a plan failed
    ├── RefusedError             13   the tool declines to do it
    └── DeclarationError         10   something in the infrastructure-live repository; carries file, line, column
        ├── HclSyntaxError           text that is no valid HCL (or JSON, YAML)
        ├── EvaluationError          valid text that has no value
        └── LimitError               larger or deeper than the stated limits

A collector turns what it meets at its border into a Gap; an error that gets as far as ``audit.cli`` ends the run
with one line that says what, where and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from audit.model import Gap


class AuditError(Exception):
    """Root of the tree; an instance of this very class is a fault of the tool."""

    exit_code: ClassVar[int] = 3


class UsageError(AuditError):
    """What the user gave cannot be used: option, configuration, path, file."""

    exit_code = 4


class NothingSelectedError(AuditError):
    """The selection leaves nothing to look at or to judge."""

    exit_code = 5


class UnreadError(AuditError):
    """A fact was needed that could not be read; ``gap`` says which and why."""

    exit_code = 10

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap.message)
        self.gap = gap


class StoppedError(AuditError):
    """Somebody asked for an end while a plan was carried out."""

    exit_code = 2


class StepFailedError(AuditError):
    """A step of a plan was started and did not end well."""

    exit_code = 11


class RefusedError(AuditError):
    """The tool declines to go on: not approved, or unsafe."""

    exit_code = 13


class DeclarationError(AuditError):
    """A fault in the audited repository, at a place in a file.

    ``file`` is as the caller named it, ``line`` and ``column`` are 1-based (0 where the place is the whole file).
    """

    exit_code = 10

    def __init__(self, message: str, *, file: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message, self.file, self.line, self.column = message, file, line, column

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{where}: {self.message}" if where else self.message


class HclSyntaxError(DeclarationError):
    """Text that its parser refuses."""


class EvaluationError(DeclarationError):
    """An expression that has no value, as Terraform or Terragrunt would say too."""


class LimitError(DeclarationError):
    """Input above the limits of size, depth or work."""

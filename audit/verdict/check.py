"""A check: the typed pytest mark that makes a test a judgement, and the collector of what it finds.

A check is a test function with one noun and ``findings`` as arguments. It looks at each subject of its noun inside
``with findings.about(subject):``; a failed assertion there is a finding, a fact that could not be read is unknown,
``not_applicable(reason)`` says that there is nothing to judge, and any other exception is a bug of the check.
"""

from __future__ import annotations

import re
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias, TypeVar

import pytest

from audit.errors import UnreadError
from audit.model import Gap, Location, SeverityName
from audit.text import one_line
from audit.verdict.finding import Evidence, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


F = TypeVar("F", bound="Callable[..., None]")

Need: TypeAlias = Literal[
    # facts of AWS, as in the table of ``audit.running.permissions``
    "identity",
    "families",
    "clusters",
    "tasks",
    "invokers",
    "log_groups",
    "role_changes",
    "tags",
    "vulnerable",
    "settings",
    "lifecycle",
    "policy",
    "metadata",
    "caller_rights",
    "organization",
    # the same facts, where no unit is
    "beyond",
    # facts of other origin
    "releases",
    "pins",
]


Stage: TypeAlias = Literal["check", "ready"]
"""Which command judges it: the nightly check, or readiness before an upgrade."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """What a check is, apart from its code; ``title`` and ``why`` come from the docstring.

    ``needs`` names the facts without which it ends unknown as a whole, ``uses`` those without which only what hangs on
    them does; ``remedy`` says how to mend what it finds; ``aliases`` are ids that it had before, ``references`` where
    to read on.
    """

    id: str
    severity: SeverityName
    title: str
    why: str
    remedy: str
    needs: frozenset[Need]
    controls: tuple[str, ...]
    references: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    stage: Stage = "check"
    uses: frozenset[Need] = frozenset()
    subject: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The ids by which it can be asked for."""
        return frozenset((self.id, *self.aliases))


class NotApplicableError(Exception):
    """There is nothing to judge; never counted as a pass."""


def not_applicable(reason: str) -> NoReturn:
    """End the judgement of this subject: there is nothing to judge, because of ``reason``."""
    raise NotApplicableError(reason)


def check(  # noqa: PLR0913 -- what a check is, each by its name
    id_: str,
    *,
    severity: SeverityName,
    remedy: str,
    needs: tuple[Need, ...] = (),
    uses: tuple[Need, ...] = (),
    controls: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    stage: Stage = "check",
) -> Callable[[F], F]:
    """Make a test function a check; its docstring's first line is the title, the rest says why it matters.

    Its severity is a mark too, so that ``-m 'high or critical'`` selects by it.
    """

    def mark(function: F) -> F:
        title, _, why = (function.__doc__ or "").strip().partition("\n")
        record = Check(
            id=id_,
            severity=severity,
            title=title.strip(),
            why=re.sub(r"\s*\n\s*", " ", why.strip()),
            remedy=remedy,
            needs=frozenset(needs),
            controls=controls,
            references=references,
            aliases=aliases,
            subject=function.__module__.rpartition("test_")[2],
            stage=stage,
            uses=frozenset(uses),
        )
        marked: F = pytest.mark.check(record)(getattr(pytest.mark, severity)(function))
        return marked

    return mark


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What one judgement is about; every field None where it has no meaning.

    ``name`` says in words which thing it is; ``kind`` tells several judgements of one check about one container apart;
    ``cause`` is what one edit would mend (the place of a literal), None where each subject is mended by itself;
    ``remedy`` says how to mend this very thing, where the check's own words are not enough.
    """

    name: str
    kind: str = ""
    account: str | None = None
    account_id: str | None = None
    region: str | None = None
    unit: str | None = None
    stack: str | None = None
    container: str | None = None
    declared: str | None = None
    running: str | None = None
    released: str | None = None
    location: Location | None = None
    cause: str | None = None
    remedy: str | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The outcome for one subject, with the sentence that says why, and the gap behind an unknown."""

    subject: Subject
    outcome: Outcome
    message: str
    gap: Gap | None = None


class UnknownError(Exception):
    """How an item ends whose facts could not be read; the judgements say which."""


SETTLED = (pytest.fail.Exception, pytest.skip.Exception, UnknownError)
"""What ``Findings.settle`` raises: an item that ends so was judged, every other exception is an accident."""


@dataclass(slots=True)
class Findings:
    """Collects the judgements of one item: one per subject, in the order in which the check came to them."""

    judgements: list[Judgement] = field(default_factory=list)

    @contextmanager
    def about(self, subject: Subject) -> Iterator[None]:
        """Judge one subject: what is raised inside becomes its outcome, and the next subject is still judged."""
        with self.of_all(subject):
            yield
            self.clear(subject)

    def clear(self, subject: Subject) -> None:
        """Judge a subject as passed: it was looked at, and nothing is wrong with it."""
        self._add(subject, "pass", "")

    @contextmanager
    def of_all(self, subject: Subject) -> Iterator[None]:
        """Judge what is raised outside of ``about`` as the outcome for the item as a whole."""
        try:
            yield
        except AssertionError as error:
            self._add(subject, "fail", _sentence(error))
        except pytest.fail.Exception as error:
            self._add(subject, "fail", error.msg or "failed")
        except UnreadError as error:
            self._add(subject, "unknown", str(error), error.gap)
        except NotApplicableError as error:
            self._add(subject, "not_applicable", str(error))
        except pytest.skip.Exception as error:
            self._add(subject, "unknown", f"skipped: {error.msg}")

    def settle(self) -> None:
        """Raise what pytest should show: a failure, an unknown, a skip where nothing at all was judged, or nothing."""
        by_outcome = {wanted: [j for j in self.judgements if j.outcome == wanted] for wanted in ("fail", "unknown")}
        if by_outcome["fail"]:
            pytest.fail(_lines(by_outcome["fail"]), pytrace=False)
        if by_outcome["unknown"]:
            raise UnknownError(_lines(by_outcome["unknown"]))
        if not any(judgement.outcome == "pass" for judgement in self.judgements):
            pytest.skip(_lines(self.judgements) or "there was nothing to judge")

    def _add(self, subject: Subject, outcome: Outcome, message: str, gap: Gap | None = None) -> None:
        self.judgements.append(Judgement(subject=subject, outcome=outcome, message=message, gap=gap))


def accident(subject: Subject, error: BaseException) -> Judgement:
    """Judge what ended an item otherwise than by a judgement: a missing fact in its set-up, or a bug of the check."""
    if isinstance(error, UnreadError):
        return Judgement(subject=subject, outcome="unknown", message=str(error), gap=error.gap)
    if isinstance(error, NotApplicableError):
        return Judgement(subject=subject, outcome="not_applicable", message=str(error))
    if isinstance(error, pytest.skip.Exception):
        return Judgement(subject=subject, outcome="unknown", message=f"skipped: {error.msg}")
    return Judgement(subject=subject, outcome="error", message=f"the check itself failed: {mishap(error)}")


def mishap(error: BaseException) -> str:
    """Name an exception and where it was raised; its text may hold what nobody should see."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{type(error).__name__} at {Path(error.filename).name}:{error.lineno}"
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" at {Path(place[0].filename).name}:{place[0].lineno}" if place else ""
    return f"{type(error).__name__}{where}"


def _lines(judgements: list[Judgement]) -> str:
    return "\n".join(one_line(judgement.message) for judgement in judgements if judgement.message)


def _sentence(error: AssertionError) -> str:
    """Give the message of an assertion without the comparison that pytest appends: it may show more than was meant."""
    return str(error).partition("\nassert ")[0].partition("\n")[0].strip() or "the assertion failed"

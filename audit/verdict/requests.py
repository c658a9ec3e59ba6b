"""Which request to AWS a value came from, as the evidence of a judgement: by id and time CloudTrail shows it; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from audit.verdict.finding import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.model import Gap
    from audit.running.model.requests import Request
    from audit.running.model.seen import Running
    from audit.verdict.check import Judgement

MOST: Final = 5
_ALL: Final[AbstractSet[str]] = frozenset()
_BY_PREFIX: Final = "ecs:ListTaskDefinitionFamilies"
_Requests: TypeAlias = "Sequence[Request]"


def asked(calls: Iterable[str], requests: _Requests, names: AbstractSet[str] = _ALL) -> tuple[Evidence, ...]:
    """Make the evidence of API operations named ``service:Operation``, with the requests that held the value.

    ``names`` are what they were about; without any all of an operation count. Of several pages or batches the last few
    are named. Where nothing was noted, as in older snapshots, the operation alone stands.
    """
    found: list[Evidence] = []
    for call in calls:
        mine = [request for request in requests if request.call == call and _is_about(request, names)]
        # A failed call is what tells that something is not there, unless a later one came through.
        held = [request for request in mine if request.code is None][-MOST:] or mine[-1:]
        found += map(_evidence, held) if held else (_operation(call),)
    return tuple(found)


def _is_about(request: Request, names: AbstractSet[str]) -> bool:
    if not names or not request.about or not names.isdisjoint(request.about):
        return True
    return request.call == _BY_PREFIX and any(name.startswith(request.about) for name in names)


def _operation(call: str) -> Evidence:
    service, _, operation = call.partition(":")
    return Evidence(source="aws", service=service, operation=operation)


def _evidence(request: Request) -> Evidence:
    """Make the evidence of one request; one that AWS did not answer is in no trail."""
    service, _, operation = request.call.partition(":")
    if request.code is not None and request.id is None:
        return Evidence(source="aws", service=service, operation=operation)
    offset = request.time.utcoffset()  # mostly none: then it is UTC as it is
    ended = request.time - offset if offset else request.time
    time = f"{ended.isoformat()[:19]}Z"
    return Evidence(source="aws", service=service, operation=operation, request_id=request.id, time=time)


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Requests:
    """All requests of a look, by account and region, by repository and by secret."""

    places: Mapping[tuple[str | None, ...], _Requests]

    @classmethod
    def of(cls, running: Running) -> Requests:
        """Gather them."""
        places: dict[tuple[str | None, ...], _Requests] = {
            (seen.account.id, seen.region): seen.requests for seen in running.everywhere
        }
        places |= {(repo.registry_id, repo.region, repo.name): repo.requests for repo in running.repositories}
        places |= {(secret.arn,): secret.requests for secret in running.secrets}
        return cls(places=places)

    def behind(self, gap: Gap) -> tuple[Evidence, ...]:
        """Give the request that left a gap; nothing for one that no call of AWS is behind, or none that was noted.

        It failed with the gap's code; or it came through, and what it said could not be used.
        """
        last = gap.what.rpartition(" ")[2]
        keys = ((last,), (gap.account_id, gap.region, last), (gap.account_id, gap.region))
        for found in (self.places.get(key, ()) for key in keys):
            mine = [request for request in found if request.call == gap.call]
            failed = [request for request in mine if request.code == gap.code] or mine
            named = [request for request in failed if {last, f"{last}-invoker"} & set(request.about)] or failed
            if named:
                return (_evidence(named[-1]),)
        return ()

    def told(self, judgement: Judgement) -> Judgement:
        """Add the request behind its gap to a judgement's evidence, in the place of the operation alone."""
        found = () if judgement.gap is None else self.behind(judgement.gap)
        if not found:
            return judgement
        operations = {(one.service, one.operation) for one in found}
        kept = [
            one
            for one in judgement.subject.evidence
            if one.request_id or (one.service, one.operation) not in operations
        ]
        evidence = (*kept, *(one for one in found if one not in kept))
        return replace(judgement, subject=replace(judgement.subject, evidence=evidence))

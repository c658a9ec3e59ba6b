"""Telling: each target once, side by side, within a deadline; what could not be told is one line each."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from audit.errors import AuditError
from audit.released.transport import open_session
from reports.notify import issue, slack, webhook
from reports.notify.changes import Changes, changes
from reports.notify.post import UntoldError, send
from reports.notify.targets import Hook, Target
from reports.notify.told import Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import requests

    from audit.verdict.results import Results

DEADLINE: Final = 90.0  # a minute is what GitHub asks to wait at its secondary rate limit


def tell(
    results: Results, targets: Sequence[Target], environment: Mapping[str, str], *, deadline: float = DEADLINE
) -> tuple[str, ...]:
    """Tell every target what changed; give a line for each that could not be told, and never raise for it.

    A hook is told only where something changed, and the same changes once a day: who repeats a run repeats no message.
    An issue is kept up to date whether something changed or not.
    """
    found = changes(results)
    told = Told.of(environment)
    until = time.monotonic() + deadline
    said: dict[Target, str | None] = dict.fromkeys(targets, f"no answer within {deadline:.0f} s")

    def one(target: Target) -> None:
        news = Changes(compared=found.compared) if told.holds(target, found) else found
        said[target] = _told(target, results, news, until)
        if said[target] is None and news:
            told.note(target, found)

    # Threads that are left behind at the deadline: no timeout of a socket ends an answer that trickles.
    threads = [threading.Thread(target=one, args=(target,), daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))
    return tuple(f"not told: {target.shown}: {reason}" for target, reason in said.items() if reason)


def _told(target: Target, results: Results, found: Changes, until: float) -> str | None:
    try:
        with open_session(until=until, writes=True) as session:
            _tell(session, target, results, found)
    except (UntoldError, AuditError) as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 -- a notice never fails the run, and a thread's traceback tells nobody
        return f"an internal error ({type(error).__name__})"
    return None


def _tell(session: requests.Session, target: Target, results: Results, found: Changes) -> None:
    if not isinstance(target, Hook):
        issue.tell(session, target, results, found)
    elif found:
        made = slack.message(results, found) if target.kind == "slack" else webhook.document(results, found)
        send(session, "POST", target.url, made)

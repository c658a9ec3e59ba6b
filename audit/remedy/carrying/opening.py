"""Opening a run: the lock first, then the journal, the terminal and all else that its steps share."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from audit.remedy.carrying.journal import Journal, home, private
from audit.remedy.carrying.lock import Holder, locked, release
from audit.remedy.carrying.masking import Masker
from audit.remedy.carrying.programs import Programs
from audit.remedy.carrying.supervise import Asked, Supervisor
from audit.remedy.carrying.terminal import Terminal
from audit.remedy.carrying.workbench import Workbench
from audit.remedy.document import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from audit.remedy.plan import Plan


@contextmanager
def opened(
    plan: Plan,
    root: Path,
    environment: Mapping[str, str],
    *,
    parallel: int,
    say: Callable[[str], None],
    show: Callable[[str], None],
) -> Iterator[Workbench]:
    """Give the workbench of a run; RefusedError where another one is at work in this repository.

    The lock is given up at a good end only: after any other one a command may still be at work, and keeps it.
    """
    digest, folder = sha256(plan), home(root)
    programs = Programs.of(root, environment, plan.scrubbed)
    with ExitStack() as stack:
        held = stack.enter_context(locked(folder / "lock", Holder.this(digest, datetime.now(UTC))))
        journal = stack.enter_context(Journal(folder / f"{digest}.jsonl"))
        # One terminal cannot be in the hands of several commands at once.
        terminal = Terminal.open() if parallel == 1 else None
        if terminal is not None:
            stack.callback(terminal.close)
        yield Workbench(
            root=root,
            logs=private(folder / digest),
            lock=held,
            programs=programs,
            supervisor=Supervisor(
                asked=Asked(tell=say), terminal=terminal, masker=partial(Masker, programs.environment)
            ),
            journal=journal,
            say=say,
            show=show,
            together=parallel > 1,
        )
        release(held)

"""One clock for the deadlines of all visits: it runs while there are some, and goes when there are none."""

from __future__ import annotations

import threading
import time

from audit.model import Account
from audit.running.access import Access
from audit.running.session import Session

DEV = Account(name="dev", id="345678901234")


def clocks() -> set[threading.Thread]:
    """Give the threads that watch deadlines."""
    return {thread for thread in threading.enumerate() if thread.name == "deadlines"}


def test_one_clock_ends_what_is_late_and_itself() -> None:
    """A visit is over at its deadline, whoever else is under way; without visits the clock goes, and comes again."""
    before = clocks()
    session, patient = Session(Access(deadline=0.1)), Session(Access(deadline=60))
    with session.visit(DEV, "us-west-2") as one, session.visit(DEV, "eu-west-1") as two:
        (clock,) = clocks() - before
        assert not one.sleep(30)
        clock.join(0.5)
        assert clock.is_alive()
        assert one.is_over
        assert two.is_over
    clock.join(30)
    assert not clock.is_alive()
    with patient.visit(DEV, "us-west-2") as other:
        assert clocks() - before
        assert not other.is_over
        patient.stop()
        assert other.is_over


def test_a_visit_that_waits_is_woken_by_a_stop() -> None:
    """A stop ends every visit under way, also one that sleeps."""
    session = Session(Access(deadline=60))
    with session.visit(DEV, "us-west-2") as visit:
        stopper = threading.Timer(0.1, session.stop)
        stopper.start()
        began = time.monotonic()
        assert not visit.sleep(50)
        assert time.monotonic() - began < 30
        stopper.join()

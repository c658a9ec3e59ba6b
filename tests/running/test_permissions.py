"""The table of what is asked of AWS, and that nothing else is."""

from __future__ import annotations

from dataclasses import fields

import pytest

from audit.errors import AuditError
from audit.model import Account
from audit.running.access import Access
from audit.running.model.ecr import Repository
from audit.running.model.ecs import StackCluster
from audit.running.model.secrets import Secret
from audit.running.model.seen import Observation, Running
from audit.running.permissions import CALLS, TABLE, Call
from audit.running.session import Session


def test_table_names_each_call_once() -> None:
    """A call stands in one row, by service and operation."""
    assert len(CALLS) == len(TABLE)


@pytest.mark.parametrize("call", TABLE, ids=lambda call: call.name)
def test_each_row_is_about_a_fact_of_the_model(call: Call) -> None:
    """The fact that a row names is a field that a collector fills."""
    models = (Observation, StackCluster, Repository, Secret, Running)
    names = {field.name for model in models for field in fields(model)}
    assert call.fact in names


def test_call_outside_the_table_is_a_fault_of_the_tool() -> None:
    """A collector can't ask what the policies don't grant."""
    with Session(Access()).visit(Account(name="dev", id="345678901234"), "us-west-2") as visit:
        with pytest.raises(AuditError, match="not in the table"):
            visit.ask("iam:CreateUser", dict)
        with pytest.raises(AuditError, match="signed in"):
            visit.credentials()
    assert visit.calls == 0

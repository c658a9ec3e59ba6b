"""The invoker Lambda of a stack, through which everything is started."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from audit.running.ecs import variables
from audit.running.faults import CallError, check_name
from audit.running.model.invoker import Invoker
from audit.running.replies import utc
from audit.running.scripts import VARIABLE, scripts
from audit.text import one_line

if TYPE_CHECKING:
    from audit.running.visit import Visit

_CALL = "lambda:GetFunctionConfiguration"


def invoker(visit: Visit, stack: str) -> Invoker | None:
    """Read the configuration of ``<stack>-invoker``, without environment values; None if there is no such function."""
    check_name(stack)
    try:
        reply = visit.ask(_CALL, visit.functions.get_function_configuration, FunctionName=f"{stack}-invoker")
    except CallError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise
    modified = reply.get("LastModified")
    answered = reply.get("Environment", {})
    environment = answered.get("Variables", {})
    return Invoker(
        name=reply["FunctionName"],
        runtime=reply.get("Runtime"),
        state=reply.get("State"),
        last_update_status=reply.get("LastUpdateStatus"),
        last_modified=_time(modified) if modified else None,
        environment=variables(environment),
        scripts=scripts(environment[VARIABLE]) if VARIABLE in environment else None,
        role=reply.get("Role"),
        withheld=one_line(answered["Error"].get("ErrorCode", "Error"), 60) if "Error" in answered else None,
    )


def _time(text: str) -> datetime | None:
    """Read Lambda's time, whose zone is written ``+0000``."""
    try:
        return utc(datetime.fromisoformat(text))
    except ValueError:
        raise CallError(_CALL, "DamagedReply") from None

"""A look at one account in one region: its calls, its deadline, and how a failed call becomes a Gap."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from audit.errors import AuditError, UsageError
from audit.model import Seen, Unread
from audit.running import faults, noted
from audit.running.faults import EXPIRED, CallError
from audit.running.permissions import CALLS
from audit.running.spent import spending

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sts import STSClient

    from audit.model import Account, Fact
    from audit.running.access import Way
    from audit.running.model.requests import Request
    from audit.running.session import Session

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

# The visit under way in this thread: whoever sends or signs for it finds it here.
CURRENT: ContextVar[Visit] = ContextVar("visit")

_ASSUME = "sts:AssumeRole"
_SHAPE_ERRORS = (TypeError, AttributeError, LookupError, ValueError)


@dataclass(frozen=True, kw_only=True, slots=True)
class SignIn:
    """A way to sign: what gives the credentials at each request, and what drops them once AWS calls them expired."""

    credentials: Callable[[], Any]
    forget: Callable[[], None]


class Visit:
    """One account in one region, for as long as it is looked at; ``calls`` counts what was asked, not the retries.

    ``requests`` are those that the facts rest on: what a fact was begun with, before credentials expired, is left out.
    """

    def __init__(self, session: Session, account: Account, region: str) -> None:
        self.account, self.region = account, region
        self.calls = 0
        self.requests: list[Request] = []
        self.attempts = session.access.attempts
        self.sdk_errors = session.sdk_errors
        self.identities = session.identities
        self.repositories = session.repositories
        self.retry_handlers: dict[str, object] = {}
        self.socket: socket.socket | None = None
        self.way_in = ""
        self._signed_in: SignIn | None = None
        self._last_call: str | None = None
        self._session = session
        self._ends = time.monotonic() + session.access.deadline
        self._over = threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed or the run was stopped."""
        return self._over.is_set() or self.is_late

    @property
    def is_late(self) -> bool:
        """Whether the deadline has passed, though nothing may have been cut yet."""
        return time.monotonic() >= self._ends

    @property
    def is_stopped(self) -> bool:
        """Whether it was the run that was stopped."""
        return self._session.is_stopped

    def end(self) -> None:
        """Let nothing more be sent, and cut what is under way: no read time-out ends a body that trickles."""
        self._over.set()
        if (sock := self.socket) is not None:
            try:
                # Of the plain class: an SSLSocket's own shutdown would pull the TLS object from under its reader.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return

    def sleep(self, seconds: float) -> bool:
        """Wait, unless the deadline comes first; whether there is still time to go on."""
        return seconds < self._ends - time.monotonic() and not self._over.wait(seconds)

    def credentials(self) -> Any:  # noqa: ANN401 -- the SDK's frozen credentials, which only session.py may name
        """Give what the next request is signed with."""
        if self._signed_in is None:
            raise AuditError("a request was made before anybody signed in")
        return self._signed_in.credentials()

    @property
    def ecs(self) -> ECSClient:
        """The client of ECS in this region."""
        return cast("ECSClient", self._client("ecs"))

    @property
    def ecr(self) -> ECRClient:
        """The client of ECR in this region."""
        return cast("ECRClient", self._client("ecr"))

    @property
    def functions(self) -> LambdaClient:
        """The client of Lambda in this region."""
        return cast("LambdaClient", self._client("lambda"))

    @property
    def iam(self) -> IAMClient:
        """The client of IAM, whatever the region."""
        return cast("IAMClient", self._client("iam"))

    @property
    def logs(self) -> CloudWatchLogsClient:
        """The client of CloudWatch Logs in this region."""
        return cast("CloudWatchLogsClient", self._client("logs"))

    @property
    def organizations(self) -> OrganizationsClient:
        """The client of AWS Organizations, whatever the region."""
        return cast("OrganizationsClient", self._client("organizations"))

    @property
    def secrets(self) -> SecretsManagerClient:
        """The client of Secrets Manager in this region."""
        return cast("SecretsManagerClient", self._client("secretsmanager"))

    @property
    def sts(self) -> STSClient:
        """The client of STS in this region."""
        return cast("STSClient", self._client("sts"))

    def _client(self, service: str) -> object:
        with faults.told(None, self):
            return self._session.client(service, self.region)

    def ask(self, call: str, operation: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Make one call of the table of permissions; CallError where it gives no usable answer."""
        if call not in CALLS:
            raise AuditError(f"{call} is not in the table of permissions")
        self.calls += 1
        self._last_call = call
        try:
            with faults.told(call, self), spending(call):
                reply = operation(*args, **kwargs)
        except CallError as error:
            self.requests.append(noted.failed(call, kwargs, error))
            raise
        self.requests.append(noted.answered(call, kwargs, reply))
        return reply

    def pages(self, call: str, operation: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        """Make a call for each page of its list; CallError where a page's token comes a second time."""
        seen: set[str] = set()
        reply = self.ask(call, operation, *args, **kwargs)
        name = CALLS[call].page_key
        yield reply
        while token := cast("Mapping[str, str]", reply).get(name):
            if token in seen:
                raise CallError(call, "RepeatedToken")
            seen.add(token)
            reply = self.ask(call, cast("Callable[..., R]", operation), *args, **kwargs | {name: token})
            yield reply

    def read(
        self, what: str, collect: Callable[Concatenate[Visit, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Fact[T]:
        """Collect a fact; a failed call makes all of it Unread, so that no part is taken for the whole.

        Where the credentials expired on the way, new ones are got once and the fact is collected from its beginning.
        """
        try:
            return Seen(value=self._renewing(partial(collect, self, *args, **kwargs)))
        except CallError as error:
            fault = error
        except UsageError as error:
            fault = CallError(None, "UsageError", str(error))
        except _SHAPE_ERRORS:
            # Whole by its outline, and inside not as AWS documents it: as little an answer as a damaged one.
            fault = CallError(self._last_call, "MalformedReply")
        return Unread(gap=faults.gap(fault, what=what, account=self.account, region=self.region))

    def _renewing(self, collect: Callable[[], T]) -> T:
        self._sign_in()
        begun = len(self.requests)
        try:
            return collect()
        except CallError as error:
            if not self._dropped(error):
                raise
            self._sign_in()
            del self.requests[begun:]
            return collect()

    def _dropped(self, error: CallError) -> bool:
        """Let go of the credentials if AWS calls them expired."""
        if error.code not in EXPIRED or self._signed_in is None:
            return False
        self._signed_in.forget()
        self._signed_in = None
        return True

    def _sign_in(self) -> None:
        if self._signed_in is not None:
            return
        way = self._session.access.way(self.account)
        self.way_in = str(way)
        try:
            self._enter(way)
        except CallError as error:
            # A role on the way is kept for the whole run: its session may have ended since.
            if len(way.links) < 2 or not self._dropped(error):
                raise
            self._enter(way)

    def _enter(self, way: Way) -> None:
        named = way.profile or os.environ.get("AWS_PROFILE")
        with faults.told(None, self, detail=f"profile {named}" if named else ""):
            self._signed_in = self._session.base(way.profile)
        for number, link in enumerate(way.links, start=1):
            try:
                with faults.told(_ASSUME, self, detail=link.role_arn):
                    self._signed_in = self._session.role(link, (way.profile, *way.links[:number]))
            except CallError as error:
                self.requests.append(noted.failed(_ASSUME, {"RoleArn": link.role_arn}, error))
                raise

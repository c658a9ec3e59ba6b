"""The way to AWS: credentials, clients, retries and deadlines; the only module that imports the SDK.

One botocore client per service and region serves every account: its credentials are asked for at the moment of
signing, from the Visit that the context variable holds, so an account costs calls and not sessions. What belongs to
one account is in its Visit: who signs, the retry quota (a sick account doesn't starve a healthy one), the deadline,
the number of calls.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore import exceptions
from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.handlers import add_retry_headers
from botocore.hooks import HierarchicalEmitter, first_non_none_response
from botocore.httpsession import URLLib3Session
from botocore.loaders import Loader, create_loader
from botocore.parsers import ResponseParserError
from botocore.retries.standard import register_retry_handler
from botocore.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, PoolManager

from audit.running import endpoints, replies
from audit.running.access import Access
from audit.running.once import Once, within
from audit.running.spent import spending
from audit.running.visit import CURRENT, SignIn, Visit
from audit.running.visits import Visits

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from contextlib import AbstractContextManager

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient
    from botocore.model import OperationModel

    from audit.model import Account
    from audit.running.access import Link
    from audit.running.model.access import Identity
    from audit.running.model.ecr import RepositorySettings
    from audit.running.model.requests import Request

__all__ = ["Access", "Session"]

_SESSION_NAME = "pipelines-audit"
# 900 would make botocore's own refreshing assume the role at every call; 3,600 is every role's least maximum.
_SESSION_SECONDS = 3600
_SPARE = timedelta(seconds=60)
# What can't be reached isn't reached by an eighth try either, and each costs a time-out.
_UNREACHABLE_ATTEMPTS = 3
_UNREACHABLE = (
    exceptions.EndpointConnectionError,
    exceptions.ConnectTimeoutError,
    exceptions.ReadTimeoutError,
    exceptions.ProxyConnectionError,
    exceptions.SSLError,
)


class DamagedReplyError(exceptions.HTTPClientError):
    """A reply with status 200 that isn't whole; an HTTP fault to botocore, so that it is retried like one."""

    fmt = "damaged reply: {error}"


class OverError(exceptions.BotoCoreError):
    """The visit is over: its deadline passed, or the run was stopped."""

    fmt = "the visit is over"


class StillExpiredError(exceptions.BotoCoreError):
    """What the environment or a profile gives has expired, also where it was asked for anew."""

    fmt = "the credentials are still expired"


class _Current(Credentials):
    """Credentials that are, at each signing, those of the visit under way."""

    def __init__(self) -> None:
        super().__init__("of-the-visit", "of-the-visit")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return cast("ReadOnlyCredentials", CURRENT.get().credentials())


class _WatchedHTTP(AWSHTTPConnection):
    """A connection that shows its socket to the visit, whose deadline can then cut it.

    It sends head and body at once, as the SDK means to and urllib3 no longer does: one system call less each time, and
    one packet.
    """

    _head: bytes | None = None

    def request(self, method: Any, url: Any, body: Any = None, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- urllib3's own signature
        """Begin to hold the head back, where a body of one piece follows."""
        self._head = b"" if isinstance(body, (bytes, str)) and body else None
        return super().request(method, url, body, *args, **kwargs)

    def send(self, data: Any) -> Any:  # noqa: ANN401 -- as above
        """Send what comes; of two pieces the first waits for the second."""
        head, self._head = self._head, None
        if head == b"":
            self._head = data
            return None
        return super().send(data if head is None else head + data)

    def getresponse(self) -> Any:  # noqa: ANN401 -- as above
        """Let the visit know where its answer will come from."""
        CURRENT.get().socket = self.sock
        return super().getresponse()


class _WatchedHTTPS(_WatchedHTTP, AWSHTTPSConnection):  # type: ignore[misc]  # the SDK's stubs disagree with each other
    """The same over TLS."""


class _HTTPPool(AWSHTTPConnectionPool):
    ConnectionCls = _WatchedHTTP


class _HTTPSPool(AWSHTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


class _Pools(PoolManager):
    """The pool of connections to the host of a client, found by its name alone.

    urllib3 takes each request's URL apart and makes a key of all settings, which is a twentieth of what a call costs.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 -- passed on
        super().__init__(*args, **settings)
        self._found: dict[str, HTTPConnectionPool] = {}

    def connection_from_url(self, url: str, pool_kwargs: dict[str, Any] | None = None) -> HTTPConnectionPool:
        """Give the pool for the scheme, host and port of a URL."""
        host = "/".join(url.split("/", 3)[:3])
        if host not in self._found:
            self._found[host] = super().connection_from_url(url, pool_kwargs)
        return self._found[host]


class _Transport(URLLib3Session):
    """botocore's HTTP with watched connections, a check of the clock before and of the reply after each request."""

    _manager: PoolManager
    _get_pool_manager_kwargs: Callable[[], dict[str, Any]]

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 -- passed on
        super().__init__(**settings)
        self._pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        self._manager = _Pools(**self._get_pool_manager_kwargs())
        self._manager.pool_classes_by_scheme = self._pool_classes_by_scheme

    def exchange(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        """Send a request for botocore's before-send event, which takes what is returned for the reply."""
        visit = CURRENT.get()
        if visit.is_over:
            raise OverError
        try:
            response = self.send(request)
        finally:
            visit.socket = None
        call = ":".join(event_name.split(".")[1:])
        if reason := replies.damage(call, response.status_code, response.content):
            raise DamagedReplyError(error=reason)
        return response


@cache
def _loader() -> Loader:
    """Keep the service models, which take longer to read than a client to make."""
    return create_loader()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Assumed:
    """A role session: its credentials and when they end."""

    credentials: ReadOnlyCredentials
    ends: datetime


class Session:
    """What a whole run shares: the clients, the base credentials, one session per role.

    ``identities`` says whose the access keys are of which AWS was asked, ``repositories`` holds what was asked for
    several of a registry at once.
    """

    sdk_errors = (
        exceptions.BotoCoreError,
        exceptions.ClientError,
        ResponseParserError,
        EOFError,
        OSError,
        # What the SDK's parsers make of a reply whose parts have other types than it expects.
        *(ValueError, TypeError, AttributeError, LookupError),
    )

    def __init__(self, access: Access, *, workers: int = 32, visits: Visits | None = None) -> None:
        # At DEBUG botocore logs assumed credentials and environment values; no setting of a user may turn that on.
        logging.getLogger("botocore").setLevel(logging.INFO)
        self.access = access
        self._workers = workers
        self._making = threading.Lock()
        self._clients: Once[BaseClient] = Once()
        self._bases: Once[Credentials] = Once(keep_failures=True)
        self._roles: Once[_Assumed] = Once()
        self._visits = visits or Visits()
        self.identities: dict[str, Identity] = {}
        self.repositories: Once[tuple[Mapping[str, RepositorySettings], Request]] = Once(keep_failures=True)
        # With profiles of the accounts the environment's is not what counts, nor need it exist.
        variables = {"profile": (None, None, None, None)} if access.has_profiles else None
        self._sdk = botocore.session.Session(session_vars=cast("Any", variables))
        self._sdk.register_component("data_loader", _loader())
        self._sdk.register_component("credential_provider", SimpleNamespace(load_credentials=_Current))

    def visit(self, account: Account, region: str) -> AbstractContextManager[Visit]:
        """Begin to look at an account in a region; nothing is sent yet. The deadline runs from here."""
        return self._visits.under_way(Visit(self, account, region))

    def beside(self, access: Access) -> Session:
        """Give a session for another way in, which is stopped with this one."""
        return Session(access, workers=1, visits=self._visits)

    def stop(self) -> None:
        """End every visit under way, from whatever thread: requests are cut, nothing more is sent."""
        self._visits.stop()

    @property
    def is_stopped(self) -> bool:
        """Whether the run was stopped."""
        return self._visits.stopped.is_set()

    def client(self, service: str, region: str) -> BaseClient:
        """Give the one client of this service and region."""
        return self._clients.get((service, region), partial(self._connect, service, region))

    def _connect(self, service: str, region: str) -> BaseClient:
        config = Config(
            connect_timeout=self.access.connect_timeout,
            read_timeout=self.access.read_timeout,
            # Retries are the visit's: botocore's own handler, kept per client, would share its quota among accounts.
            retries={"total_max_attempts": 1, "mode": "standard"},
            # Whole and not as an addition: the SDK would put its own together anew at each call, a tenth of its cost.
            user_agent=_SESSION_NAME,
        )
        with self._making, endpoints.named():
            client = self._sdk.create_client(
                cast("Any", service), region_name=region, endpoint_url=self.access.endpoint_url, config=config
            )
            authority = self._sdk.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
        url = client.meta.endpoint_url
        endpoints.refuse_plain_http(url)
        transport = _Transport(
            verify=authority or True,
            proxies=get_environ_proxies(url),
            timeout=(self.access.connect_timeout, self.access.read_timeout),
            max_pool_connections=self._workers,
            # Heads and bodies are sent one by one: with Nagle's algorithm each call waits for a delayed ACK.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )
        # Two of nine headers, each copied and signed anew; and untrue, since they say that nothing is ever retried.
        client.meta.events.unregister("request-created", cast("Any", add_retry_headers))
        client.meta.events.register_first("before-send", cast("Any", transport.exchange))
        client.meta.events.register_first("needs-retry", cast("Any", _retry))
        client.meta.events.register("after-call", _release)
        return client

    def base(self, profile: str | None) -> SignIn:
        """Sign in with a profile's credentials, or with the environment's."""
        load = partial(within, self.access.deadline, partial(self._load, profile), self._visits.stopped)
        base = self._bases.get(profile, load)
        return SignIn(credentials=partial(_frozen, base), forget=partial(self._bases.forget, profile, base))

    def _load(self, profile: str | None) -> Credentials:
        sdk = botocore.session.Session()
        if profile is not None:
            # Not Session(profile=…): only this way environment variables don't win over the profile.
            sdk.set_config_variable("profile", profile)
        sdk.set_default_client_config(
            Config(
                connect_timeout=self.access.connect_timeout,
                read_timeout=self.access.read_timeout,
                retries={"total_max_attempts": 3, "mode": "standard"},
            )
        )
        if sdk.get_scoped_config().get("mfa_serial") and not sys.stdin.isatty():
            raise EOFError
        credentials = sdk.get_credentials()
        if credentials is None:
            raise exceptions.NoCredentialsError
        _frozen(credentials)
        return credentials

    def role(self, link: Link, way: Hashable) -> SignIn:
        """Sign in with a role, assumed once per way for the whole run and again when its session is about to end."""
        assumed = self._roles.get(way, partial(self._assume, link))
        if assumed.ends - datetime.now(UTC) < _SPARE:
            self._roles.forget(way, assumed)
            assumed = self._roles.get(way, partial(self._assume, link))
        return SignIn(credentials=lambda: assumed.credentials, forget=partial(self._roles.forget, way, assumed))

    def _assume(self, link: Link) -> _Assumed:
        request: dict[str, Any] = {"RoleArn": link.role_arn, "RoleSessionName": _SESSION_NAME}
        if link.external_id is not None:
            request["ExternalId"] = link.external_id
        with spending("sts:AssumeRole"):
            given = CURRENT.get().sts.assume_role(**request, DurationSeconds=_SESSION_SECONDS)
        keys = given["Credentials"]
        return _Assumed(
            credentials=ReadOnlyCredentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]),
            ends=keys["Expiration"],
        )


def _frozen(credentials: Credentials) -> ReadOnlyCredentials:
    """Give the keys of a profile or of the environment, refreshed where their time is up."""
    try:
        return credentials.get_frozen_credentials()
    except RuntimeError:  # botocore has no class of its own for it
        raise StillExpiredError from None


def _retry(
    *,
    event_name: str,
    response: tuple[AWSResponse, dict[str, Any]] | None,
    caught_exception: Exception | None,
    **event: Any,  # noqa: ANN401 -- botocore's event, passed on
) -> float | None:
    """Decide on a retry for botocore's needs-retry event: its standard mode, with a quota and a deadline per visit.

    The wait happens here, where the deadline or a stop can end it; botocore is told to wait no further.
    """
    if response is not None and response[0].status_code < 300:
        return None
    visit = CURRENT.get()
    if visit.is_over or (isinstance(caught_exception, _UNREACHABLE) and event["attempts"] >= _UNREACHABLE_ATTEMPTS):
        return None
    handlers = _handlers(visit, event["operation"])
    answers = handlers.emit(event_name, response=response, caught_exception=caught_exception, **event)
    delay = first_non_none_response(answers)
    if delay is None:
        return None
    if response is not None:
        delay = max(delay, replies.retry_after(response[0].headers))
    return 0.0 if visit.sleep(delay) else None


def _release(*, event_name: str, model: OperationModel, **event: object) -> None:
    """Give back what a call that came through had taken from its visit's retry quota."""
    visit = CURRENT.get()
    if model.service_model.service_id in visit.retry_handlers:
        _handlers(visit, model).emit(event_name, model=model, **event)


def _handlers(visit: Visit, operation: OperationModel) -> HierarchicalEmitter:
    """Give the visit's own copy of botocore's standard retry handler for a service."""
    service = operation.service_model
    if service.service_id not in visit.retry_handlers:
        emitter = HierarchicalEmitter()
        client = SimpleNamespace(meta=SimpleNamespace(events=emitter, service_model=service))
        register_retry_handler(cast("BaseClient", client), visit.attempts)
        visit.retry_handlers[service.service_id] = emitter
    return cast("HierarchicalEmitter", visit.retry_handlers[service.service_id])

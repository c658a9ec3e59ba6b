"""Credentials, endpoints and clients: what can't be used is one clear line, at once, and never a traceback."""

from __future__ import annotations

import json
import logging
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from audit.model import Account, Gap, Seen, Unread
from audit.running.access import Access
from audit.running.model.targets import Target
from audit.running.observe import observe
from audit.running.session import Session
from tests.aws import DEV, REGION, ROLE_ARN
from tests.overlay.faults import Reply, Rule, Silence
from tests.overlay.proxy import overlaid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audit.running.model.seen import Observation

TARGET = Target(account=Account(name="dev", id=DEV), region=REGION, stacks=("ecs-deploy-runner",))
NOWHERE = "http://127.0.0.1:1"
KEYS = {"AWS_ACCESS_KEY_ID": "emulator", "AWS_SECRET_ACCESS_KEY": "ghp_secret"}
OLD = {
    "Version": 1,
    "AccessKeyId": "A",
    "SecretAccessKey": "ghp_secret",
    "SessionToken": "x",
    "Expiration": "2020-01-01T00:00:00Z",
}
PROFILES = """
[profile sso]
sso_start_url = https://example.com/start
sso_region = us-east-1
sso_account_id = 345678901234
sso_role_name = audit
[profile process]
credential_process = sh -c 'echo ghp_secret >&2; exit 3'
[profile program]
credential_process = /no/such/program
[profile slow]
credential_process = sleep 5
[profile old]
credential_process = cat OLD
[profile partial]
aws_access_key_id = AKIDEXAMPLE
[profile mfa]
role_arn = arn:aws:iam::345678901234:role/x
source_profile = static
mfa_serial = arn:aws:iam::345678901234:mfa/x
[profile static]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = ghp_secret
[profile dangling]
role_arn = arn:aws:iam::345678901234:role/x
source_profile = missing
[profile works-dev]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = ghp_secret
"""


@pytest.fixture
def environ(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give an environment with profiles and without credentials or an endpoint."""
    assert aws
    (tmp_path / "config").write_text(PROFILES.replace("OLD", str(tmp_path / "old.json")))
    (tmp_path / "old.json").write_text(json.dumps(OLD))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in (*KEYS, "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    return monkeypatch


def look(access: Access, target: Target = TARGET) -> Observation:
    """Look at one target."""
    (seen,) = observe([target], access)
    return seen


def gap_of(seen: Observation) -> Gap:
    """Give the one gap that every fact of an observation has."""
    facts = (seen.identity, seen.families, seen.invokers[0].invoker)
    (gap,) = {fact.gap for fact in facts if isinstance(fact, Unread)}
    assert all(isinstance(fact, Unread) for fact in facts)
    assert gap.message.isprintable()
    assert "ghp_" not in repr(gap)
    return gap


@dataclass(frozen=True, kw_only=True)
class Case:
    """An access in an environment, and what must be said about it."""

    access: Access = field(default_factory=Access)
    env: Mapping[str, str] = field(default_factory=dict)
    region: str = REGION
    code: str
    says: str


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case(code="NoCredentials", says="give --profile or --role-arn"), id="none"),
        pytest.param(Case(access=Access(role_arn=ROLE_ARN), code="NoCredentials", says="no credentials"), id="role"),
        pytest.param(
            Case(env={"AWS_PROFILE": "nope"}, code="ProfileNotFound", says="no such profile (profile nope)"),
            id="unknown profile of the environment",
        ),
        pytest.param(
            Case(access=Access(profile="your-{account}"), code="ProfileNotFound", says="(profile your-dev)"),
            id="unknown profile",
        ),
        pytest.param(
            Case(access=Access(profile="x{account_id}x"), code="ProfileNotFound", says=f"x{DEV}x"), id="profile by id"
        ),
        pytest.param(Case(access=Access(profile="sso"), code="SSOSession", says="run aws sso login"), id="sso"),
        pytest.param(Case(access=Access(profile="process"), code="CredentialRetrieval", says="process"), id="process"),
        pytest.param(
            Case(access=Access(profile="program"), code="ConfigUnreadable", says="can't be read"), id="program"
        ),
        pytest.param(
            Case(access=Access(profile="slow", deadline=0.3), code="CredentialTimeout", says="(profile slow)"),
            id="slow program",
        ),
        pytest.param(
            Case(access=Access(profile="old"), code="ExpiredCredentials", says="expired (profile old)"),
            id="old program",
        ),
        pytest.param(
            Case(
                access=Access(role_arn=ROLE_ARN),
                env=KEYS | {"AWS_SESSION_TOKEN": "x", "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"},
                code="ExpiredCredentials",
                says="begin a new session",
            ),
            id="old environment of aws-vault",
        ),
        pytest.param(Case(access=Access(profile="partial"), code="PartialCredentials", says="incomplete"), id="half"),
        pytest.param(Case(access=Access(profile="mfa"), code="MfaRequired", says="MFA"), id="mfa"),
        pytest.param(
            Case(access=Access(profile="dangling"), code="CredentialRetrieval", says="no cred"), id="dangling"
        ),
        pytest.param(
            Case(env=KEYS | {"AWS_CONFIG_FILE": __file__}, code="ConfigUnreadable", says="configuration"),
            id="no config",
        ),
        pytest.param(
            Case(env=KEYS | {"AWS_ENDPOINT_URL": NOWHERE}, code="EndpointConnectionError", says=NOWHERE), id="refused"
        ),
        pytest.param(
            Case(
                access=Access(role_arn=ROLE_ARN),
                env=KEYS | {"AWS_ENDPOINT_URL": NOWHERE},
                code="EndpointConnectionError",
                says="cannot connect",
            ),
            id="refused before the role",
        ),
        pytest.param(
            Case(
                access=Access(profile="works-{account}"),
                env={"AWS_ENDPOINT_URL": NOWHERE, "AWS_PROFILE": "nope"},
                code="EndpointConnectionError",
                says="cannot connect",
            ),
            id="profile of the option before that of the environment",
        ),
        pytest.param(
            Case(env=KEYS | {"AWS_ENDPOINT_URL": "https://no.invalid"}, code="NameResolution", says="no.invalid"),
            id="dns",
        ),
        pytest.param(
            Case(env=KEYS | {"AWS_ENDPOINT_URL": "nonsense"}, code="UsageError", says="AWS_ENDPOINT_URL"), id="no url"
        ),
        pytest.param(
            Case(env=KEYS | {"AWS_ENDPOINT_URL": "http://u:ghp_x@example.com/"}, code="UsageError", says="plain http"),
            id="plain http",
        ),
        pytest.param(Case(env=KEYS, region="us west", code="UsageError", says="region"), id="no region"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(environ: pytest.MonkeyPatch, case: Case) -> None:
    """Wrong credentials, configuration and endpoints are gaps that say what to do."""
    for name, value in case.env.items():
        environ.setenv(name, value)
    gap = gap_of(look(case.access, replace(TARGET, region=case.region)))
    assert (gap.code, gap.account, gap.region) == (case.code, "dev", case.region)
    assert case.says in gap.message


def test_account_name_that_fits_no_template_is_a_gap(aws: str) -> None:
    """One odd account doesn't end the run of the others."""
    assert aws
    targets = [replace(TARGET, account=Account(name=name, id=DEV)) for name in ("../../x\x1b", "dev")]
    odd, _ = observe(targets, Access(profile="your-{account}"))
    gap = gap_of(odd)
    assert gap.code == "UsageError"
    assert "--profile" in gap.message


def test_profile_assumes_the_role(runner: str, environ: pytest.MonkeyPatch) -> None:
    """With both templates the profile's credentials assume the role."""
    environ.setenv("AWS_ENDPOINT_URL", runner)
    assert isinstance(look(Access(profile="works-{account}", role_arn=ROLE_ARN)).families, Seen)


def test_expired_profile_is_loaded_again_once(aws: str, environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A profile whose program gave old credentials is asked a second time."""
    log = tmp_path / "log"
    given = json.dumps({"Version": 1, "AccessKeyId": "emulator", "SecretAccessKey": "x"})
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho >> {log}\necho '{given}'\n")
    program.chmod(0o700)
    (tmp_path / "config").write_text(f"[profile p]\ncredential_process = {program}\n")
    expired = Reply(status=400, body=b"<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>")
    with overlaid(aws, Rule(fault=expired, times=1)) as overlay:
        environ.setenv("AWS_ENDPOINT_URL", overlay.url)
        seen = look(Access(profile="p"), replace(TARGET, account=Account(name="me", id="123456789012")))
    assert isinstance(seen.families, Seen)
    assert log.read_text().count("\n") == 2


def _granted(minutes: float) -> Reply:
    ends = datetime.now(UTC) + timedelta(minutes=minutes)
    fields = {"AccessKeyId": "k", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": ends.isoformat()}
    body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return Reply(
        body=f"<AssumeRoleResponse><AssumeRoleResult><Credentials>{body}</Credentials>"
        f"</AssumeRoleResult></AssumeRoleResponse>".encode(),
        headers=(("Content-Type", "text/xml"),),
    )


@pytest.mark.parametrize(
    ("minutes", "count"), [pytest.param(15, 1, id="less than asked"), pytest.param(0.5, 2, id="about to end")]
)
def test_short_role_sessions_cause_no_storm(
    aws: str, monkeypatch: pytest.MonkeyPatch, minutes: float, count: int
) -> None:
    """A session shorter than asked for is used until shortly before its end."""
    with overlaid(aws, Rule(fault=_granted(minutes), call="sts:AssumeRole")) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        observe([TARGET], Access(role_arn=ROLE_ARN))
    assert overlay.count("sts:AssumeRole") == count


def test_role_sessions_are_shared_by_a_session(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session given to two looks assumes each role once."""
    access = Access(role_arn=ROLE_ARN)
    session = Session(access)
    with overlaid(runner) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        first, second = observe([TARGET], access, session=session), observe([TARGET], access, session=session)
    assert first == second
    assert overlay.count("sts:AssumeRole") == 1


def test_debug_log_of_the_sdk_stays_off(runner: str, caplog: pytest.LogCaptureFixture) -> None:
    """However the user logs, the SDK's DEBUG lines, which hold assumed credentials, are never made."""
    assert runner
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "botocore"):
        look(Access(role_arn=ROLE_ARN))
    assert not [record for record in caplog.records if record.name.startswith("botocore") and record.levelno < 20]


def test_stop_ends_the_look(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is interrupted cuts what is under way, and has handed over what was seen before."""
    access = Access(role_arn=ROLE_ARN)
    silent = "111122223333"
    done: list[Observation] = []

    def interrupt(seen: Observation) -> None:
        done.append(seen)
        raise KeyboardInterrupt

    targets = [TARGET, *(replace(TARGET, account=Account(name="x", id=silent), region=f"us-east-{n}") for n in (1, 2))]
    with overlaid(runner, Rule(fault=Silence(), account=silent)) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        begun = monotonic()
        with pytest.raises(KeyboardInterrupt):
            observe(targets, access, on_done=interrupt)
    assert monotonic() - begun < 50  # each silence lasts for ever
    assert [one.account.name for one in done] == ["dev"]


def test_nothing_is_sent_after_a_stop(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that was stopped makes gaps, not calls."""
    access = Access(role_arn=ROLE_ARN)
    session = Session(access)
    session.stop()
    with overlaid(runner) as overlay:
        monkeypatch.setenv("AWS_ENDPOINT_URL", overlay.url)
        (seen,) = observe([TARGET], access, session=session)
    assert gap_of(seen).code == "Stopped"
    assert overlay.count() == 0


class _Nothing(BaseHTTPRequestHandler):
    """Refuses every method."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
        """Say nothing."""


class _Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away are the point."""


def self_signed(folder: Path) -> Path:
    """Make a key and a certificate for localhost that nobody else signed, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begins = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begins, begins + timedelta(days=2))
    certificate = builder.sign(key, hashes.SHA256())
    pem = folder / "localhost.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    return pem


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Serve TLS with a certificate that nobody signed, and nothing by it; gives its URL and the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = self_signed(tmp_path_factory.mktemp("tls"))
    context.load_cert_chain(pem)
    server = _Server(("127.0.0.1", 0), _Nothing)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_port}", pem
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("bypass", ["", "PYTHONHTTPSVERIFY"])
def test_untrusted_certificate_is_refused(
    aws: str, monkeypatch: pytest.MonkeyPatch, tls_server: tuple[str, Path], bypass: str
) -> None:
    """A server whose certificate nobody signed gets no request, and is named."""
    assert aws
    url, _ = tls_server
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    if bypass:
        monkeypatch.setenv(bypass, "0")
    gap = gap_of(look(Access()))
    assert gap.code == "SSLError"
    assert url in gap.message


def test_authority_of_the_user_is_trusted(
    aws: str, monkeypatch: pytest.MonkeyPatch, tls_server: tuple[str, Path]
) -> None:
    """With AWS_CA_BUNDLE the same server is talked to; what it then answers is another matter."""
    assert aws
    url, authority = tls_server
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    assert gap_of(look(replace(Access(), attempts=2))).code == "DamagedReply"

"""What went wrong with a call, in our own words: a fault becomes a Gap whose one line says what, where and what to do.

No text that came from AWS or from a credential process is passed on, for it can hold secrets; only the error code is,
and that only if it looks like one.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from audit.errors import AuditError, UsageError
from audit.model import Gap
from audit.running.endpoints import origin
from audit.running.noted import request_id
from audit.running.permissions import CALLS
from audit.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from audit.model import Account
    from audit.running.visit import Visit

DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized"}
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"})
_UNKNOWN_CREDENTIALS = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "AuthFailure",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
    }
)
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "429",
    }
)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)

_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "NoCredentials": "no credentials; set AWS_PROFILE or AWS_ACCESS_KEY_ID, or give --profile or --role-arn",
        "PartialCredentials": "the credentials are incomplete; set both the access key id and the secret key",
        "ProfileNotFound": "there is no such profile; name one of ~/.aws/config with --profile",
        "SSOSession": "the SSO session has expired or was never begun; run aws sso login",
        "CredentialRetrieval": "the profile gave no credentials; try it with aws sts get-caller-identity",
        "CredentialTimeout": "the program that gives the credentials did not end in time; try it by itself",
        "ExpiredCredentials": "the credentials have expired; begin a new session, as with aws sso login, and run again",
        "MfaRequired": "the profile asks for an MFA code and there is no terminal; begin a session first",
        "ConfigUnreadable": "the AWS configuration, or what it names, can't be read; mend ~/.aws/config",
        "ClockSkew": "the clock of this machine is wrong; set it",
        "DamagedReply": "the reply was damaged, again and again; look at proxies on the way, run again",
        "MalformedReply": "the reply isn't what AWS documents; look at AWS_ENDPOINT_URL and proxies on the way",
        "DeadlineExceeded": "the time for one account was used up; run again, or raise the deadline",
        "Stopped": "the run was stopped before; run again",
        "RepeatedToken": "the list never ends, its pages repeat; run again",
        "EndpointConnectionError": "cannot connect; look at the network, the region's name and AWS_ENDPOINT_URL",
        "NameResolution": "the host name has no address; look at DNS, the region's name and AWS_ENDPOINT_URL",
        "ConnectTimeoutError": "no connection in time; look at the network, proxy and firewall",
        "ReadTimeoutError": "no answer in time; run again",
        "ConnectionClosedError": "the connection was cut, again and again; run again",
        "ProxyConnectionError": "the proxy can't be reached; look at HTTPS_PROXY",
        "HTTPClientError": "the request broke off, again and again; look at proxies and the credentials' form",
        "SSLError": "the server's certificate can't be trusted; set AWS_CA_BUNDLE to the right authority",
        "OptInRequired": "the region is not enabled in this account; enable it or leave it out",
        "AWSOrganizationsNotInUseException": "the account is in no organization; leave --organization out",
        "TooManyLogGroups": "the task definitions write to more than ten log groups; look at them by hand",
        "InvalidTargetName": "a name that was to be asked for can't exist in AWS; mend the declaration",
    }
)


class CallError(AuditError):
    """A call that gave no usable answer; ``code`` is the service's, or our own name for what happened before it.

    ``request_id`` is what AWS calls the request, None where it did not answer.
    """

    exit_code = 10

    def __init__(self, call: str | None, code: str, detail: str = "", request_id: str | None = None) -> None:
        super().__init__(f"{call}: {code}")
        self.call = call
        self.code = code if _CODE.fullmatch(code) else "InvalidErrorCode"
        self.detail = detail
        self.request_id = request_id


# Codes of our own whose detail is the whole reason.
OWN_WORDS = frozenset({"WrongAccount", "UnknownAccountId", "UsageError"})
_FAMILIES = (
    (EXPIRED, "the credentials have expired, renew them and run again"),
    (_UNKNOWN_CREDENTIALS, "AWS refuses the credentials: check them, and that the region is enabled in this account"),
    (_THROTTLED, "every try was throttled, run again later"),
)
# Names of the SDK's exception classes, an ancestor's after its own: only session.py may import them.
_SDK_CODES: Mapping[str, str] = MappingProxyType(
    {
        "ProfileNotFound": "ProfileNotFound",
        "NoCredentialsError": "NoCredentials",
        "PartialCredentialsError": "PartialCredentials",
        "NoAuthTokenError": "SSOSession",
        "TokenRetrievalError": "SSOSession",
        "SSOError": "SSOSession",
        "LoginError": "SSOSession",
        "StillExpiredError": "ExpiredCredentials",
        "CredentialRetrievalError": "CredentialRetrieval",
        "InvalidConfigError": "CredentialRetrieval",
        "ConfigParseError": "ConfigUnreadable",
        "ConfigNotFound": "ConfigUnreadable",
        "EOFError": "MfaRequired",
        "DamagedReplyError": "DamagedReply",
        "ResponseParserError": "DamagedReply",
        "OverError": "DeadlineExceeded",
        "TimeoutError": "CredentialTimeout",
        "ParamValidationError": "InvalidTargetName",
        "InvalidRegionError": "InvalidTargetName",
        "OSError": "ConfigUnreadable",
        "ValueError": "MalformedReply",
        "TypeError": "MalformedReply",
        "AttributeError": "MalformedReply",
        "LookupError": "MalformedReply",
    }
)
_SKEW = re.compile(r"Signature expired|Signature not yet current|not yet valid|RequestTimeTooSkewed")
_DENIER = re.compile(r"service control policy|resource control policy|permissions boundary|session policy")


@contextmanager
def told(call: str | None, visit: Visit, detail: str = "") -> Iterator[None]:
    """Turn whatever the SDK raises inside into a CallError, without its text."""
    try:
        yield
    except UsageError:
        raise
    except visit.sdk_errors as error:
        raise _call_error(error, call, visit, detail) from None


def _call_error(error: Exception, call: str | None, visit: Visit, detail: str) -> CallError:
    if visit.is_over and (visit.is_stopped or not isinstance(error, TimeoutError)):
        return CallError(call, "Stopped" if visit.is_stopped else "DeadlineExceeded")
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return _service_error(response, call, detail)
    names = [cls.__name__ for cls in type(error).__mro__]
    code = next((_SDK_CODES.get(name, name) for name in names if name in _SDK_CODES or name in _ADVICE), names[0])
    if code == "MalformedReply" and call is None:
        # Nothing was asked yet: it is a file of the configuration that isn't as it should be.
        code = "ConfigUnreadable"
    about = getattr(error, "kwargs", {})
    if code == "EndpointConnectionError" and "NameResolution" in type(about.get("error")).__name__:
        code = "NameResolution"
    return CallError(call, code, origin(str(about.get("endpoint_url", ""))) or detail)


def _service_error(response: dict[str, Any], call: str | None, detail: str) -> CallError:
    told_of = response.get("Error", {})
    code, text = str(told_of.get("Code", "")), str(told_of.get("Message", ""))
    if _SKEW.search(f"{code} {text}"):
        code, detail = "ClockSkew", _minutes_off(response)
    elif code in DENIED and call != "sts:AssumeRole" and (denier := _DENIER.search(text)):
        detail = f"a {denier[0]}"
    return CallError(call, code or "NoErrorCode", detail, request_id(response))


def _minutes_off(response: dict[str, Any]) -> str:
    """Say how far this machine's clock is from AWS's, by the date of the reply."""
    try:
        theirs = parsedate_to_datetime(response["ResponseMetadata"]["HTTPHeaders"]["date"])
        return f"{abs(datetime.now(UTC) - theirs) // timedelta(minutes=1)} minutes off"
    except (LookupError, TypeError, ValueError):
        return ""


def gap(error: CallError, *, what: str, account: Account, region: str) -> Gap:
    """Say it as a Gap: ``what`` was not read of which account and region, why, and what to do about it."""
    denied = error.code in DENIED
    call = CALLS.get(error.call or "")
    where = f"account {account.name} ({account.id or 'id unknown'}) in {region}"
    return Gap(
        what=what,
        message=one_line(f"{what} of {where} unread: {_reason(error)}", 400),
        account=account.name,
        account_id=account.id,
        region=region,
        call=error.call,
        code=error.code,
        permission=call.action if denied and call else None,
    )


def _reason(error: CallError) -> str:
    code, call, detail = error.code, error.call, error.detail
    if code in OWN_WORDS:
        return detail
    if code in DENIED and call == "sts:AssumeRole":
        return f"{detail or 'the role'} can't be assumed; its trust policy must name you, and you need sts:AssumeRole"
    if code in DENIED:
        return f"{call} is denied{f' by {detail}' if detail else ''}; allow it to the audit's role"
    if code in _ADVICE:
        advice = _ADVICE[code]
    else:
        advice = next((words for codes, words in _FAMILIES if code in codes), "run again, and if it stays ask AWS")
        advice = f"{call or 'the first call'} ended with {code}; {advice}"
    cause, _, remedy = advice.partition("; ")
    return f"{cause}{f' ({detail})' if detail else ''}; {remedy}"


def check_name(stack: str) -> None:
    """Raise CallError for what can be the name of no family and no function: it might be read as an ARN."""
    if _NAME.fullmatch(stack) is None:
        raise CallError(None, "InvalidTargetName", stack)

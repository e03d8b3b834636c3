"""What STS keeps and moto's does not: moto gives everybody the same session, and forgets whose it is."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam.models import AccessKey, iam_backends
from moto.sts.exceptions import STSClientError
from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse
from moto.sts.utils import DEFAULT_STS_SESSION_DURATION, random_session_token

# The prefix of temporary access keys.
TEMPORARY = "ASIA"


@dataclass(frozen=True)
class UserSession:
    """A session of a user's own. `mfa` is `true` where a second factor was given, else `false`."""

    user_name: str
    mfa: str


def extend() -> None:
    """Put this module's behaviour into moto."""
    STSBackend.user_sessions = property(_user_sessions)
    TokenResponse.get_session_token = _get_session_token


def _user_sessions(backend: STSBackend) -> dict[str, UserSession]:
    """The sessions by access key. They live as long as the backend, which a reset makes anew."""
    return backend.__dict__.setdefault("sessions_of_users", {})


def _get_session_token(response: TokenResponse) -> ActionResult:
    iam = iam_backends[response.current_account][response.partition]
    user = iam.get_user_from_access_key_id(response.get_access_key())
    serial = response._get_param("SerialNumber")
    if serial and serial not in user.mfa_devices:
        raise STSClientError("AccessDenied", f"MultiFactorAuthentication failed, unable to validate MFA code for {serial}.")
    key = AccessKey(user.name, TEMPORARY, response.current_account)
    response.backend.user_sessions[key.access_key_id] = UserSession(user.name, "true" if serial else "false")
    credentials: dict[str, Any] = {
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "SessionToken": random_session_token(),
        "Expiration": utcnow() + timedelta(seconds=DEFAULT_STS_SESSION_DURATION),
    }
    return ActionResult({"Credentials": credentials})


"""What IAM's API refuses or keeps and moto's does not.

moto drops a user's permissions boundary, and that a new password must be changed; it deletes users with keys, groups with members and policies in use; it holds
no size limits; it takes names that differ in case only; and it loses a user's tags when the path changes.
"""

import functools
import inspect
import json
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.iam.exceptions import (
    DeleteConflictException,
    EntityAlreadyExists,
    IAMException,
    LimitExceededException,
    NoSuchEntity,
)
from moto.iam.models import IAMBackend, User
from moto.iam.responses import IamResponse
from moto.sts.models import sts_backends

MANAGED_POLICY_LIMIT = 6_144
TRUST_POLICY_LIMIT = 2_048
INLINE_POLICIES_LIMITS = {"user": 2_048, "group": 5_120, "role": 10_240}
ATTACHED_POLICIES_LIMIT = 10
GROUPS_LIMIT = 10


def extend() -> None:
    """Put this module's behaviour into moto."""
    User.permissions_boundary = None
    IamResponse.create_user = _create_user_with_boundary(IamResponse.create_user)
    IamResponse.put_user_permissions_boundary = _put_user_permissions_boundary
    IamResponse.delete_user_permissions_boundary = _delete_user_permissions_boundary
    IamResponse.change_password = _change_password
    IamResponse.create_login_profile = _create_login_profile_with_reset(IamResponse.create_login_profile)
    before(IAMBackend, "delete_user", _refuse_user_in_use)
    before(IAMBackend, "delete_group", _refuse_group_in_use)
    before(IAMBackend, "delete_policy", _refuse_policy_in_use)
    for kind in ("user", "role", "group"):
        before(IAMBackend, f"create_{kind}", functools.partial(_refuse_same_name, kind))
        before(IAMBackend, f"attach_{kind}_policy", functools.partial(_refuse_more_attachments, kind))
        before(IAMBackend, f"put_{kind}_policy", functools.partial(_refuse_big_inline, kind))
    before(IAMBackend, "add_user_to_group", _refuse_more_groups)
    before(IAMBackend, "create_policy", _refuse_big_managed)
    before(IAMBackend, "create_policy_version", _refuse_big_managed)
    before(IAMBackend, "create_role", _refuse_big_trust)
    before(IAMBackend, "update_assume_role_policy", _refuse_big_trust)
    IamResponse.create_service_specific_credential = _create_service_specific_credential
    IamResponse.list_service_specific_credentials = _list_service_specific_credentials
    IamResponse.delete_service_specific_credential = _delete_service_specific_credential
    IAMBackend.update_user = _keep_tags(IAMBackend.update_user)
    IAMBackend.update_group = _move_group


def before(owner: type, name: str, check: Callable[..., None]) -> None:
    """Call `check` with the arguments of a method, by name, before the method itself."""
    original = getattr(owner, name)
    signature = inspect.signature(original)

    @functools.wraps(original)
    def checked(*positional: Any, **named: Any) -> Any:
        check(**signature.bind(*positional, **named).arguments)
        return original(*positional, **named)

    setattr(owner, name, checked)


def _create_user_with_boundary(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_user(response: IamResponse) -> ActionResult:
        boundary = response._get_param("PermissionsBoundary")
        if boundary:
            _require_policy(response.backend, boundary)
        result = original(response)
        if boundary:
            _set_boundary(response.backend.get_user(response._get_param("UserName")), boundary)
        return result

    return create_user


def _create_login_profile_with_reset(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_login_profile(response: IamResponse) -> ActionResult:
        user = response.backend.get_user(response._get_param("UserName"))
        if not user.password:
            user.password_reset_required = response._get_param("PasswordResetRequired") in (True, "true")
        return original(response)

    return create_login_profile


def _change_password(response: IamResponse) -> EmptyResult:
    """The caller's own password, which moto cannot change."""
    key = response.get_access_key()
    session = sts_backends[response.current_account][response.partition].user_sessions.get(key)
    iam = response.backend
    user = iam.get_user(session.user_name) if session else iam.get_user_from_access_key_id(key)
    if user is None or user.password != response._get_param("OldPassword"):
        raise IAMException("AccessDenied", "The old password was incorrect.")
    user.password = response._get_param("NewPassword")
    user.password_reset_required = False
    return EmptyResult()


def _put_user_permissions_boundary(response: IamResponse) -> EmptyResult:
    boundary = response._get_param("PermissionsBoundary")
    _require_policy(response.backend, boundary)
    _set_boundary(response.backend.get_user(response._get_param("UserName")), boundary)
    return EmptyResult()


def _delete_user_permissions_boundary(response: IamResponse) -> EmptyResult:
    response.backend.get_user(response._get_param("UserName")).permissions_boundary = None
    return EmptyResult()


def _require_policy(backend: IAMBackend, arn: str) -> None:
    if arn not in backend.managed_policies:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")


def _set_boundary(user: User, arn: str) -> None:
    user.permissions_boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def _refuse_user_in_use(self: IAMBackend, user_name: str) -> None:
    user = self.get_user(user_name)
    obstacles = {
        "delete access keys first": user.access_keys,
        "delete MFA devices first": user.mfa_devices,
        "delete login profile first": user.password,
        "delete public keys first": user.ssh_public_keys,
        "delete signing certificates first": user.signing_certificates,
        "delete service-specific credentials first": _credentials_of(self, user_name),
        "remove users from group first": self.get_groups_for_user(user_name),
    }
    for remedy, obstacle in obstacles.items():
        if obstacle:
            raise DeleteConflictException(f"Cannot delete entity, must {remedy}.")


def _refuse_group_in_use(self: IAMBackend, group_name: str) -> None:
    group = self.get_group(group_name)
    obstacles = {
        "remove users from group first": group.users,
        "detach all policies first": group.managed_policies,
        "delete policies first": group.policies,
    }
    for remedy, obstacle in obstacles.items():
        if obstacle:
            raise DeleteConflictException(f"Cannot delete entity, must {remedy}.")


def _refuse_policy_in_use(self: IAMBackend, policy_arn: str) -> None:
    policy = self.get_policy(policy_arn)
    if policy.attachment_count:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflictException("This policy has more than one version. Delete all non-default versions first.")
    bounded = [user.permissions_boundary for user in self.users.values() if user.permissions_boundary]
    bounded += [role.permissions_boundary for role in self.roles.values() if role.permissions_boundary]
    if policy_arn in [boundary["PermissionsBoundaryArn"] for boundary in bounded]:
        raise DeleteConflictException("Cannot delete a policy that is used as a permissions boundary.")


def _refuse_same_name(kind: str, self: IAMBackend, **arguments: Any) -> None:
    name = arguments[f"{kind}_name"]
    holders: Iterable[Any] = {"user": self.users, "role": self.roles, "group": self.groups}[kind].values()
    if name.lower() in {holder.name.lower() for holder in holders}:
        raise EntityAlreadyExists(f"{kind.title()} with name {name} already exists.")


def _refuse_more_attachments(kind: str, self: IAMBackend, policy_arn: str, **arguments: Any) -> None:
    attached = getattr(self, f"get_{kind}")(arguments[f"{kind}_name"]).managed_policies
    if len({*attached, policy_arn}) > ATTACHED_POLICIES_LIMIT:
        raise LimitExceededException(f"Cannot exceed quota for PoliciesPer{kind.title()}: {ATTACHED_POLICIES_LIMIT}")


def _refuse_more_groups(self: IAMBackend, group_name: str, user_name: str) -> None:
    if len({group_name, *(group.name for group in self.get_groups_for_user(user_name))}) > GROUPS_LIMIT:
        raise LimitExceededException(f"Cannot exceed quota for GroupsPerUser: {GROUPS_LIMIT}")


def _refuse_big_inline(kind: str, self: IAMBackend, policy_name: str, **arguments: Any) -> None:
    name = arguments[f"{kind}_name"]
    document = arguments.get("policy_document") or arguments["policy_json"]
    others = [text for other, text in getattr(self, f"get_{kind}")(name).policies.items() if other != policy_name]
    _hold_limit(INLINE_POLICIES_LIMITS[kind], f"{kind} {name}", [document, *others])


def _refuse_big_managed(self: IAMBackend, policy_document: str, **_: Any) -> None:
    _hold_limit(MANAGED_POLICY_LIMIT, "PolicySize", [policy_document])


def _refuse_big_trust(self: IAMBackend, **arguments: Any) -> None:
    document = arguments.get("assume_role_policy_document") or arguments["policy_document"]
    _hold_limit(TRUST_POLICY_LIMIT, "ACLSizePerRole", [document])


def _hold_limit(limit: int, what: str, documents: list[str]) -> None:
    """IAM counts characters without the white space between tokens."""
    size = sum(len(json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))) for text in documents)
    if size > limit:
        raise LimitExceededException(f"Cannot exceed quota for {what}: {limit}")


def _credentials_of(backend: IAMBackend, user_name: str) -> list[dict[str, Any]]:
    """moto knows no service-specific credentials. They live as long as the backend, which a reset makes anew."""
    backend.get_user(user_name)
    return backend.__dict__.setdefault("service_specific_credentials", {}).setdefault(user_name, [])


def _create_service_specific_credential(response: IamResponse) -> ActionResult:
    name, service = response._get_param("UserName"), response._get_param("ServiceName")
    credentials = _credentials_of(response.backend, name)
    made = {
        "UserName": name,
        "ServiceName": service,
        "ServiceUserName": f"{name}-at-{response.current_account}",
        "ServiceSpecificCredentialId": f"ACCA{len(credentials):016}",
        "Status": "Active",
        "CreateDate": utcnow(),
    }
    credentials.append(made)
    return ActionResult({"ServiceSpecificCredential": made})


def _list_service_specific_credentials(response: IamResponse) -> ActionResult:
    credentials = _credentials_of(response.backend, response._get_param("UserName"))
    return ActionResult({"ServiceSpecificCredentials": credentials})


def _delete_service_specific_credential(response: IamResponse) -> EmptyResult:
    name = response._get_param("UserName")
    gone = response._get_param("ServiceSpecificCredentialId")
    credentials = _credentials_of(response.backend, name)
    if gone not in [credential["ServiceSpecificCredentialId"] for credential in credentials]:
        raise NoSuchEntity(f"No such credential {gone} exists")
    credentials[:] = [known for known in credentials if known["ServiceSpecificCredentialId"] != gone]
    return EmptyResult()


def _keep_tags(original: Callable[..., None]) -> Callable[..., None]:
    """moto keeps a user's tags under the ARN, which a new path changes."""

    @functools.wraps(original)
    def update_user(
        self: IAMBackend, user_name: str, new_path: str | None = None, new_user_name: str | None = None
    ) -> None:
        user = self.get_user(user_name)
        old_arn = user.arn
        original(self, user_name, new_path, new_user_name)
        if user.arn != old_arn:
            self.tagger.copy_tags(old_arn, user.arn)
            self.tagger.delete_all_tags_for_resource(old_arn)

    return update_user


def _move_group(self: IAMBackend, group_name: str, new_group_name: str | None, new_path: str | None) -> None:
    """moto moves a group to a new path only together with a new name."""
    if new_group_name:
        raise NotImplementedError("the moto extension renames no groups")
    if new_path:
        self.get_group(group_name).path = new_path

"""Who calls, by the access key that a request is signed with: what IAM holds of them now."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from moto.iam.models import Group, IAMBackend, Role, User, iam_backends
from moto.sts.models import sts_backends

Document = dict[str, Any]

PARTITION = "aws"
# Whoever signs nothing has no account and no policies: what decides is what the resource's own policy lets anybody do.
ANYBODY: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
STRANGE_ACCOUNT = "999988887777"


@dataclass(frozen=True)
class Caller:
    """A user, a session of a role, or nobody (`kind` is `user`, `role` or `nobody`), with what decides for them."""

    kind: str
    name: str
    arn: str
    context: dict[str, Any]
    identity: list[Document]
    boundary: Document | None


class UnknownKey(Exception):
    """An access key that nobody has, or that is switched off."""


def account_id() -> str:
    """The account that the stand stands for."""
    return os.environ["MOTO_ACCOUNT_ID"]


def iam() -> IAMBackend:
    """What IAM holds."""
    return iam_backends[account_id()][PARTITION]


def caller(access_key: str | None) -> Caller:
    """Whoever an access key belongs to."""
    if access_key is None:
        arn = f"arn:aws:iam::{STRANGE_ACCOUNT}:user/nobody"
        return Caller("nobody", "nobody", arn, {}, [ANYBODY], None)
    sts = sts_backends[account_id()][PARTITION]
    if role_session := sts.get_assumed_role_from_access_key(access_key):
        return _role(iam().get_role_by_arn(role_session.role_arn), role_session.arn, role_session.session_name)
    if user_session := sts.user_sessions.get(access_key):
        return _user(iam().get_user(user_session.user_name), {"aws:MultiFactorAuthPresent": user_session.mfa})
    for user in iam().users.values():
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == "Active":
                return _user(user, {})
    raise UnknownKey(access_key)


def user_of_key(access_key: str) -> User | None:
    """The user whose key this is, switched on or not."""
    users = [user for user in iam().users.values() if access_key in [key.access_key_id for key in user.access_keys]]
    return users[0] if users else None


def _user(user: User, session: dict[str, str]) -> Caller:
    groups = [group for group in iam().groups.values() if user.name in [member.name for member in group.users]]
    identity = [document for holder in (user, *groups) for document in _policies(holder)]
    tags = {tag["Key"]: tag["Value"] for tag in iam().tagger.list_tags_for_resource(user.arn)["Tags"]}
    own = {"aws:username": user.name, "aws:PrincipalType": "User", "aws:userid": user.id} | session
    return Caller("user", user.name, user.arn, _context(user.arn, tags) | own, identity, _boundary(user))


def _role(role: Role, arn: str, session_name: str) -> Caller:
    # What a service assumes has no second factor.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
    own = {
        "aws:PrincipalType": "AssumedRole",
        "aws:userid": f"{role.id}:{session_name}",
        "aws:MultiFactorAuthPresent": "false",
    }
    tags = {tag["Key"]: tag["Value"] for tag in iam().list_role_tags(role.name, None)[0]}
    context = _context(role.arn, tags) | own
    return Caller("role", role.name, arn, context, list(_policies(role)), _boundary(role))


def _context(arn: str, tags: dict[str, str]) -> dict[str, Any]:
    return {f"aws:PrincipalTag/{key}": value for key, value in tags.items()} | {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": account_id(),
    }


def _policies(holder: User | Role | Group) -> Iterable[Document]:
    for policy in holder.managed_policies:
        yield _managed(policy)
    for document in holder.policies.values():
        yield json.loads(document)


def _managed(arn: str) -> Document:
    policy = iam().managed_policies[arn]
    (document,) = (version.document for version in policy.versions if version.is_default)
    return json.loads(document)


def _boundary(holder: User | Role) -> Document | None:
    boundary = holder.permissions_boundary
    return _managed(boundary["PermissionsBoundaryArn"]) if boundary else None

"""IAM: which actions an operation needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from ..callers import PARTITION, Caller, account_id, iam, user_of_key
from .need import Context, Mapping, Need, Parameters, tags_of_request, without_resource

# Operations upon a user: whoever calls, where no name is given.
UPON_USER = (
    "ChangePassword",
    "CreateAccessKey",
    "CreateLoginProfile",
    "CreateUser",
    "DeactivateMFADevice",
    "DeleteAccessKey",
    "DeleteLoginProfile",
    "DeleteUser",
    "DeleteUserPermissionsBoundary",
    "DeleteUserPolicy",
    "EnableMFADevice",
    "GetLoginProfile",
    "GetUser",
    "GetUserPolicy",
    "ListAccessKeys",
    "ListAttachedUserPolicies",
    "ListGroupsForUser",
    "ListMFADevices",
    "ListServiceSpecificCredentials",
    "ListSigningCertificates",
    "ListSSHPublicKeys",
    "ListUserPolicies",
    "ListUserTags",
    "PutUserPolicy",
    "ResyncMFADevice",
    "TagUser",
    "UntagUser",
    "UpdateAccessKey",
    "UpdateLoginProfile",
    "UpdateUser",
)
UPON_ROLE = (
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "GetRole",
    "ListAttachedRolePolicies",
    "ListRolePolicies",
    "ListRoleTags",
    "PutRolePolicy",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
)
UPON_GROUP = ("AddUserToGroup", "RemoveUserFromGroup", "GetGroup")
UPON_POLICY = ("CreatePolicyVersion", "GetPolicy", "GetPolicyVersion", "SetDefaultPolicyVersion")
ATTACHING = ("AttachUserPolicy", "DetachUserPolicy")
BOUNDING = ("PutUserPermissionsBoundary",)
LISTS = (
    "GetAccountPasswordPolicy",
    "GetAccountSummary",
    "ListAccountAliases",
    "ListRoles",
    "ListUsers",
    "ListVirtualMFADevices",
)


def _arn(kind: str, path_and_name: str) -> str:
    return f"arn:{PARTITION}:iam::{account_id()}:{kind}{path_and_name}"


def _user(parameters: Parameters, caller: Caller) -> str:
    name = parameters.get("UserName") or (caller.name if caller.kind == "user" else "")
    held = [user for user in iam().users.values() if user.name == name]
    return held[0].arn if held else _arn("user", f"{parameters.get('Path', '/')}{name}")


def _role(parameters: Parameters) -> str:
    held = [role for role in iam().roles.values() if role.name == parameters["RoleName"]]
    return held[0].arn if held else _arn("role", f"/{parameters['RoleName']}")


def _group(parameters: Parameters) -> str:
    held = [group for group in iam().groups.values() if group.name == parameters["GroupName"]]
    return held[0].arn if held else _arn("group", f"/{parameters['GroupName']}")


def _tags(parameters: Parameters) -> Context:
    keys: Context = {"aws:TagKeys": parameters["TagKeys"]} if "TagKeys" in parameters else {}
    return tags_of_request(parameters.get("Tags")) | keys


def _upon_user(operation: str) -> Mapping:
    return lambda parameters, caller: [Need(f"iam:{operation}", _user(parameters, caller), _tags(parameters))]


def _upon_role(operation: str) -> Mapping:
    return lambda parameters, _caller: [Need(f"iam:{operation}", _role(parameters), _tags(parameters))]


def _upon_group(operation: str) -> Mapping:
    return lambda parameters, _caller: [Need(f"iam:{operation}", _group(parameters))]


def _upon_policy(operation: str) -> Mapping:
    return lambda parameters, _caller: [Need(f"iam:{operation}", parameters["PolicyArn"])]


def _attaching(operation: str) -> Mapping:
    def needs(parameters: Parameters, caller: Caller) -> list[Need]:
        return [Need(f"iam:{operation}", _user(parameters, caller), {"iam:PolicyARN": parameters["PolicyArn"]})]

    return needs


def _bounding(operation: str) -> Mapping:
    def needs(parameters: Parameters, caller: Caller) -> list[Need]:
        context: Context = {"iam:PermissionsBoundary": parameters["PermissionsBoundary"]}
        return [Need(f"iam:{operation}", _user(parameters, caller), context)]

    return needs


def _key_last_used(parameters: Parameters, _caller: Caller) -> list[Need]:
    owner = user_of_key(parameters["AccessKeyId"])
    return [Need("iam:GetAccessKeyLastUsed", owner.arn if owner else _arn("user", "/nobody"))]


def _create_device(parameters: Parameters, _caller: Caller) -> list[Need]:
    device = _arn("mfa", f"{parameters.get('Path', '/')}{parameters['VirtualMFADeviceName']}")
    return [Need("iam:CreateVirtualMFADevice", device, _tags(parameters))]


def _delete_device(parameters: Parameters, _caller: Caller) -> list[Need]:
    return [Need("iam:DeleteVirtualMFADevice", parameters["SerialNumber"])]


def _create_role(parameters: Parameters, _caller: Caller) -> list[Need]:
    role = _arn("role", f"{parameters.get('Path', '/')}{parameters['RoleName']}")
    return [Need("iam:CreateRole", role, _tags(parameters))]


def _simulate(parameters: Parameters, _caller: Caller) -> list[Need]:
    return [Need("iam:SimulatePrincipalPolicy", parameters["PolicySourceArn"])]


OPERATIONS: dict[str, Mapping] = {
    **without_resource("iam", *LISTS),
    **{operation: _upon_user(operation) for operation in UPON_USER},
    **{operation: _upon_role(operation) for operation in UPON_ROLE},
    **{operation: _upon_group(operation) for operation in UPON_GROUP},
    **{operation: _upon_policy(operation) for operation in UPON_POLICY},
    **{operation: _attaching(operation) for operation in ATTACHING},
    **{operation: _bounding(operation) for operation in BOUNDING},
    "CreateRole": _create_role,
    "CreateVirtualMFADevice": _create_device,
    "DeleteVirtualMFADevice": _delete_device,
    "GetAccessKeyLastUsed": _key_last_used,
    "SimulatePrincipalPolicy": _simulate,
}

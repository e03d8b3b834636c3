"""AWS::IAM::Group, ManagedPolicy, User and Role, through IAM's API.

moto has no group type; its users, roles and policies drop tags, groups and inline policies, and it replaces a user to
update it.
"""

from typing import Any

from .clients import Clients, missing_is_fine
from .resource_type import Properties, ResourceType, as_json, gone, tags_gone

VERSIONS_KEPT = 5


def _settle_policies(clients: Clients, kind: str, name: str, old: Properties, new: Properties) -> None:
    """Attach and detach managed policies, put and delete inline ones, of a `user`, `role` or `group`."""

    def call(operation: str, **parameters: Any) -> None:
        getattr(clients.iam, operation)(**{f"{kind.title()}Name": name}, **parameters)

    was, now = old.get("ManagedPolicyArns", []), new.get("ManagedPolicyArns", [])
    for arn in gone(was, now):
        with missing_is_fine():
            call(f"detach_{kind}_policy", PolicyArn=arn)
    for arn in gone(now, was):
        call(f"attach_{kind}_policy", PolicyArn=arn)
    was, now = old.get("Policies", []), new.get("Policies", [])
    kept = {policy["PolicyName"] for policy in now}
    for policy in was:
        if policy["PolicyName"] not in kept:
            with missing_is_fine():
                call(f"delete_{kind}_policy", PolicyName=policy["PolicyName"])
    for policy in gone(now, was):
        call(f"put_{kind}_policy", PolicyName=policy["PolicyName"], PolicyDocument=as_json(policy["PolicyDocument"]))


def _settle_identity(clients: Clients, kind: str, name: str, old: Properties, new: Properties) -> None:
    """Tags and boundary of a `user` or `role` that exists."""
    parameters = {f"{kind.title()}Name": name}
    removed = tags_gone(old, new)
    if removed:
        getattr(clients.iam, f"untag_{kind}")(**parameters, TagKeys=removed)
    if new.get("Tags") and new["Tags"] != old.get("Tags"):
        getattr(clients.iam, f"tag_{kind}")(**parameters, Tags=new["Tags"])
    boundary = new.get("PermissionsBoundary")
    if boundary and boundary != old.get("PermissionsBoundary"):
        getattr(clients.iam, f"put_{kind}_permissions_boundary")(**parameters, PermissionsBoundary=boundary)
    elif old.get("PermissionsBoundary") and not boundary:
        getattr(clients.iam, f"delete_{kind}_permissions_boundary")(**parameters)


def _strip_policies(clients: Clients, kind: str, name: str) -> None:
    """Take every policy off a `user`, `role` or `group`, as CloudFormation does before it deletes it."""
    parameters = {f"{kind.title()}Name": name}
    for policy in getattr(clients.iam, f"list_attached_{kind}_policies")(**parameters)["AttachedPolicies"]:
        getattr(clients.iam, f"detach_{kind}_policy")(**parameters, PolicyArn=policy["PolicyArn"])
    for policy_name in getattr(clients.iam, f"list_{kind}_policies")(**parameters)["PolicyNames"]:
        getattr(clients.iam, f"delete_{kind}_policy")(**parameters, PolicyName=policy_name)


def _chosen(properties: Properties, *keys: str) -> Properties:
    return {key: properties[key] for key in keys if key in properties}


def _create_group(clients: Clients, properties: Properties) -> str:
    clients.iam.create_group(**_chosen(properties, "GroupName", "Path"))
    return properties["GroupName"]


def _update_group(clients: Clients, name: str, old: Properties, new: Properties) -> None:
    if old and old.get("Path") != new.get("Path"):
        clients.iam.update_group(GroupName=name, NewPath=new.get("Path", "/"))
    _settle_policies(clients, "group", name, old, new)


def _delete_group(clients: Clients, name: str, _properties: Properties) -> None:
    _strip_policies(clients, "group", name)
    clients.iam.delete_group(GroupName=name)


def _create_policy(clients: Clients, properties: Properties) -> str:
    made = clients.iam.create_policy(
        PolicyName=properties["ManagedPolicyName"],
        PolicyDocument=as_json(properties["PolicyDocument"]),
        **_chosen(properties, "Path", "Description"),
    )
    return made["Policy"]["Arn"]


def _update_policy(clients: Clients, arn: str, old: Properties, new: Properties) -> None:
    """A changed document becomes the default version; the oldest other version makes room."""
    if not old:
        return
    versions = clients.iam.list_policy_versions(PolicyArn=arn)["Versions"]
    if len(versions) >= VERSIONS_KEPT:
        oldest = min((v for v in versions if not v["IsDefaultVersion"]), key=lambda v: int(v["VersionId"][1:]))
        clients.iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
    clients.iam.create_policy_version(PolicyArn=arn, PolicyDocument=as_json(new["PolicyDocument"]), SetAsDefault=True)


def _delete_policy(clients: Clients, arn: str, _properties: Properties) -> None:
    for version in clients.iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            clients.iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    clients.iam.delete_policy(PolicyArn=arn)


def _create_user(clients: Clients, properties: Properties) -> str:
    clients.iam.create_user(**_chosen(properties, "UserName", "Path", "PermissionsBoundary", "Tags"))
    return properties["UserName"]


def _update_user(clients: Clients, name: str, old: Properties, new: Properties) -> None:
    if old:
        if old.get("Path") != new.get("Path"):
            clients.iam.update_user(UserName=name, NewPath=new.get("Path", "/"))
        _settle_identity(clients, "user", name, old, new)
    was, now = old.get("Groups", []), new.get("Groups", [])
    for group in gone(was, now):
        with missing_is_fine():
            clients.iam.remove_user_from_group(UserName=name, GroupName=group)
    for group in gone(now, was):
        clients.iam.add_user_to_group(UserName=name, GroupName=group)
    _settle_policies(clients, "user", name, old, new)
    if "LoginProfile" in new and "LoginProfile" not in old:
        clients.iam.create_login_profile(UserName=name, **new["LoginProfile"])
    elif "LoginProfile" in old and "LoginProfile" not in new:
        with missing_is_fine():
            clients.iam.delete_login_profile(UserName=name)
    elif new.get("LoginProfile") != old.get("LoginProfile"):
        clients.iam.update_login_profile(UserName=name, **new["LoginProfile"])


def _delete_user(clients: Clients, name: str, properties: Properties) -> None:
    """What was made outside the stack (access keys, MFA devices, policies, groups, a password) stays, and so does the
    user. Whether CloudFormation takes policies and groups from outside away is not documented: here it does not.
    """
    for group in properties.get("Groups", []):
        with missing_is_fine():
            clients.iam.remove_user_from_group(UserName=name, GroupName=group)
    _settle_policies(clients, "user", name, properties, {})
    if "LoginProfile" in properties:
        with missing_is_fine():
            clients.iam.delete_login_profile(UserName=name)
    clients.iam.delete_user(UserName=name)


def _create_role(clients: Clients, properties: Properties) -> str:
    clients.iam.create_role(
        AssumeRolePolicyDocument=as_json(properties["AssumeRolePolicyDocument"]),
        **_chosen(properties, "RoleName", "Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"),
    )
    return properties["RoleName"]


def _update_role(clients: Clients, name: str, old: Properties, new: Properties) -> None:
    if old:
        trust = new["AssumeRolePolicyDocument"]
        if trust != old["AssumeRolePolicyDocument"]:
            clients.iam.update_assume_role_policy(RoleName=name, PolicyDocument=as_json(trust))
        if _chosen(old, "Description", "MaxSessionDuration") != _chosen(new, "Description", "MaxSessionDuration"):
            clients.iam.update_role(RoleName=name, **_chosen(new, "Description", "MaxSessionDuration"))
        _settle_identity(clients, "role", name, old, new)
    _settle_policies(clients, "role", name, old, new)


def _delete_role(clients: Clients, name: str, _properties: Properties) -> None:
    _strip_policies(clients, "role", name)
    clients.iam.delete_role(RoleName=name)


def _role_attributes(clients: Clients, name: str) -> dict[str, str]:
    role = clients.iam.get_role(RoleName=name)["Role"]
    return {"Arn": role["Arn"], "RoleId": role["RoleId"]}


POLICIES = frozenset({"ManagedPolicyArns", "Policies"})

GROUP = ResourceType(
    name="AWS::IAM::Group",
    name_property="GroupName",
    properties=POLICIES | {"GroupName", "Path"},
    create=_create_group,
    update=_update_group,
    delete=_delete_group,
    attributes=lambda clients, name: {"Arn": clients.iam.get_group(GroupName=name)["Group"]["Arn"]},
)

MANAGED_POLICY = ResourceType(
    name="AWS::IAM::ManagedPolicy",
    name_property="ManagedPolicyName",
    properties=frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument"}),
    create=_create_policy,
    update=_update_policy,
    delete=_delete_policy,
    attributes=lambda _, arn: {"PolicyArn": arn},
)

USER = ResourceType(
    name="AWS::IAM::User",
    name_property="UserName",
    properties=POLICIES | {"Groups", "LoginProfile", "Path", "PermissionsBoundary", "Tags", "UserName"},
    create=_create_user,
    update=_update_user,
    delete=_delete_user,
    attributes=lambda clients, name: {"Arn": clients.iam.get_user(UserName=name)["User"]["Arn"]},
)

ROLE = ResourceType(
    name="AWS::IAM::Role",
    name_property="RoleName",
    properties=POLICIES
    | {
        "AssumeRolePolicyDocument",
        "Description",
        "MaxSessionDuration",
        "Path",
        "PermissionsBoundary",
        "RoleName",
        "Tags",
    },
    create=_create_role,
    update=_update_role,
    delete=_delete_role,
    attributes=_role_attributes,
)

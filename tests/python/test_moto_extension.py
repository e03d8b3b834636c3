"""The moto extension deploys stacks as CloudFormation does, and refuses what it does not cover."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from change_sets import delete, deploy, failures
from moto_server import ACCOUNT_ID, REGION, MotoServer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}],
}


def resource(type_name: str, properties: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """One resource of a template."""
    return {"Type": type_name, "Properties": properties} | attributes


def user(name: str, **properties: Any) -> dict[str, Any]:
    """A named user."""
    return resource("AWS::IAM::User", {"UserName": name} | properties)


def role(name: str, **properties: Any) -> dict[str, Any]:
    """A role that notebooks can take."""
    return resource("AWS::IAM::Role", {"RoleName": name, "AssumeRolePolicyDocument": TRUST} | properties)


def notebook(name: str, **properties: Any) -> dict[str, Any]:
    """A notebook with the role `Role` of its template."""
    needed = {"NotebookInstanceName": name, "InstanceType": "ml.t3.medium", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
    return resource("AWS::SageMaker::NotebookInstance", needed | properties)


def policy(name: str, action: str, **properties: Any) -> dict[str, Any]:
    """A managed policy that allows one action."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    return resource("AWS::IAM::ManagedPolicy", {"ManagedPolicyName": name, "PolicyDocument": document} | properties)


def bucket(name: str, **attributes: Any) -> dict[str, Any]:
    """A named bucket."""
    return resource("AWS::S3::Bucket", {"BucketName": name}, **attributes)


SECRET = resource(
    "AWS::SecretsManager::Secret",
    {"Name": "a", "GenerateSecretString": {"SecretStringTemplate": "{}", "GenerateStringKey": "password"}},
)
SIGNS_IN = user(
    "taro",
    LoginProfile={"Password": "{{resolve:secretsmanager:a:SecretString:password}}", "PasswordResetRequired": True},
)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"Key": resource("AWS::KMS::Key", {})}, "does not cover the resource type AWS::KMS::Key"),
        ({"User": user("taro", Unknown="x")}, r"does not cover \['Unknown'\] of AWS::IAM::User"),
        ({"User": user("taro", Groups=[{"Ref": "Nobody"}])}, r"Unresolved resource dependencies \[Nobody\]"),
        ({"User": user("taro") | {"Condition": "Never"}}, r"does not cover \['Condition'\] of resource User"),
        ({"A": user("a", Groups=[{"Ref": "A"}])}, "Circular dependency"),
        ({"Big": user("taro", Tags=[{"Key": "k", "Value": "x" * 52_000}])}, "less than or equal to 51200"),
        ({"Secret": SECRET, "User": SIGNS_IN}, r"User may be made before \['Secret'\], and lacks DependsOn"),
        ({f"U{n}": SIGNS_IN for n in range(61)}, "60 dynamic references at most"),
    ],
)
def test_refuses_a_template(moto: MotoServer, resources: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        deploy(moto, resources)


@pytest.mark.parametrize("capabilities", [(), ("CAPABILITY_IAM",)])
def test_named_iam_resources_need_their_capability(moto: MotoServer, capabilities: tuple[str, ...]) -> None:
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_NAMED_IAM\]"):
        deploy(moto, {"User": user("taro")}, capabilities=capabilities)
    assert deploy(moto, {"Bucket": bucket("a-bucket")}, capabilities=()) == "CREATE_COMPLETE"


def test_stacks_come_from_change_sets_only(moto: MotoServer) -> None:
    with pytest.raises(ClientError, match="by change sets only"):
        moto.client("cloudformation").create_stack(StackName="stack", TemplateBody="Resources: {}")


def test_a_template_comes_from_a_bucket(moto: MotoServer) -> None:
    change_set = template_in_bucket(moto, size=60_000)
    moto.client("cloudformation").execute_change_set(ChangeSetName=change_set["Id"])
    assert [known["UserName"] for known in moto.client("iam").list_users()["Users"]] == ["taro"]


def test_a_template_in_a_bucket_has_a_limit_too(moto: MotoServer) -> None:
    with pytest.raises(ClientError, match="may not exceed 1000000 bytes"):
        template_in_bucket(moto, size=1_000_001)


def template_in_bucket(moto: MotoServer, *, size: int) -> dict[str, Any]:
    """Put a template of so many bytes into a bucket, and make a change set of it."""
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": REGION})
    body = json.dumps({"Resources": {"User": user("taro")}}).ljust(size)
    s3.put_object(Bucket="templates", Key="a/template", Body=body)
    return moto.client("cloudformation").create_change_set(
        StackName="stack",
        ChangeSetName="change",
        ChangeSetType="CREATE",
        TemplateURL=f"{moto.endpoint}/templates/a/template",
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )


def test_a_change_set_that_is_not_there_is_deleted_and_not_found(moto: MotoServer) -> None:
    deploy(moto, {"User": user("taro")})
    cloudformation = moto.client("cloudformation")
    cloudformation.delete_change_set(ChangeSetName="never-made", StackName="stack")
    with pytest.raises(cloudformation.exceptions.ChangeSetNotFoundException):
        cloudformation.describe_change_set(ChangeSetName="never-made", StackName="stack")


def test_the_same_template_is_an_empty_change_set(moto: MotoServer) -> None:
    assert deploy(moto, {"User": user("taro")}) == "CREATE_COMPLETE"
    assert deploy(moto, {"User": user("taro")}).startswith("The submitted information didn't contain changes.")


def test_an_update_touches_only_what_changed(moto: MotoServer) -> None:
    iam = moto.client("iam")
    group = resource("AWS::IAM::Group", {"GroupName": "racers"})
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "display-name", "Value": "山田太郎"}]
    boundary = {"Ref": "Policy"}
    resources = {"Policy": policy("p", "s3:ListBucket"), "Group": group, "Hana": user("hana")}
    deploy(moto, resources | {"Taro": user("taro", Path="/a/", Tags=tags, PermissionsBoundary=boundary)})
    before = {known["UserName"]: known["CreateDate"] for known in iam.list_users()["Users"]}
    arn = iam.get_user(UserName="taro")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT_ID}:policy/p"

    inline = {"PolicyName": "suspended", "PolicyDocument": resources["Policy"]["Properties"]["PolicyDocument"]}
    changed = user("taro", Path="/b/", Tags=tags[1:], Groups=["racers"], Policies=[inline])
    assert deploy(moto, resources | {"Taro": changed}) == "UPDATE_COMPLETE"

    found = iam.get_user(UserName="taro")["User"]
    assert (found["Path"], found["Tags"], found.get("PermissionsBoundary")) == ("/b/", tags[1:], None)
    assert [known["GroupName"] for known in iam.list_groups_for_user(UserName="taro")["Groups"]] == ["racers"]
    assert iam.list_user_policies(UserName="taro")["PolicyNames"] == ["suspended"]
    assert {known["UserName"]: known["CreateDate"] for known in iam.list_users()["Users"]} == before


def test_a_changed_secret_becomes_the_password_when_anything_of_the_user_changes(moto: MotoServer) -> None:
    iam, secrets = moto.client("iam"), moto.client("secretsmanager")
    signs_in = SIGNS_IN | {"DependsOn": "Secret"}
    assert deploy(moto, {"Secret": SECRET, "User": signs_in}) == "CREATE_COMPLETE"
    iam.update_login_profile(UserName="taro", Password="another", PasswordResetRequired=False)
    tagged = {"Properties": signs_in["Properties"] | {"Tags": [{"Key": "team", "Value": "blue"}]}}
    assert deploy(moto, {"Secret": SECRET, "User": signs_in | tagged}) == "UPDATE_COMPLETE"
    assert iam.get_login_profile(UserName="taro")["LoginProfile"]["PasswordResetRequired"] is False

    secrets.put_secret_value(SecretId="a", SecretString='{"password": "changed"}')
    again = deploy(moto, {"Secret": SECRET, "User": signs_in | tagged})
    assert again.startswith("The submitted information didn't contain changes.")
    assert deploy(moto, {"Secret": SECRET, "User": signs_in}) == "UPDATE_COMPLETE"
    assert iam.get_login_profile(UserName="taro")["LoginProfile"]["PasswordResetRequired"] is True


def test_a_changed_policy_gets_a_new_default_version_and_keeps_five(moto: MotoServer) -> None:
    iam = moto.client("iam")
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/p"
    for action in ("s3:A", "s3:B", "s3:C", "s3:D", "s3:E", "s3:F"):
        deploy(moto, {"Policy": policy("p", action)})
    versions = [version["VersionId"] for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]]
    assert versions == ["v2", "v3", "v4", "v5", "v6"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v6")["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Action"] == "s3:F"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v6"
    assert delete(moto) == "DELETE_COMPLETE"


def test_notebooks_update_in_place_and_refuse_replacement(moto: MotoServer) -> None:
    sagemaker = moto.client("sagemaker")
    lifecycle = resource(
        "AWS::SageMaker::NotebookInstanceLifecycleConfig",
        {"NotebookInstanceLifecycleConfigName": "start", "OnStart": [{"Content": {"Fn::Base64": "#!/bin/sh\n"}}]},
    )
    attribute = {"Fn::GetAtt": ["Lifecycle", "NotebookInstanceLifecycleConfigName"]}
    resources = {"Lifecycle": lifecycle, "Role": role("taro")}
    first = {"PlatformIdentifier": "notebook-al2023-v1", "Tags": [{"Key": "user", "Value": "taro"}]}
    assert deploy(moto, resources | {"Notebook": notebook("taro", **first)}) == "CREATE_COMPLETE"
    before = sagemaker.describe_notebook_instance(NotebookInstanceName="taro")

    second = first | {"InstanceType": "ml.t3.large", "VolumeSizeInGB": 8, "LifecycleConfigName": attribute}
    assert deploy(moto, resources | {"Notebook": notebook("taro", **second)}) == "UPDATE_COMPLETE"
    after = sagemaker.describe_notebook_instance(NotebookInstanceName="taro")
    assert (after["InstanceType"], after["VolumeSizeInGB"]) == ("ml.t3.large", 8)
    assert (after["NotebookInstanceLifecycleConfigName"], after["PlatformIdentifier"]) == (
        "start",
        "notebook-al2023-v1",
    )
    assert (after["CreationTime"], after["NotebookInstanceStatus"]) == (before["CreationTime"], "InService")

    third = second | {"PlatformIdentifier": "notebook-al2-v3", "InstanceType": "ml.t3.xlarge"}
    changed_role = {"Role": role("taro", Tags=[{"Key": "team", "Value": "blue"}])}
    assert (
        deploy(moto, resources | changed_role | {"Notebook": notebook("taro", **third)}) == "UPDATE_ROLLBACK_COMPLETE"
    )
    assert "custom-named resource requires replacing" in failures(moto)[0]
    assert sagemaker.describe_notebook_instance(NotebookInstanceName="taro")["InstanceType"] == "ml.t3.large"
    assert moto.client("iam").list_role_tags(RoleName="taro")["Tags"] == []


def test_a_renamed_resource_is_replaced(moto: MotoServer) -> None:
    deploy(moto, {"User": user("taro")})
    assert deploy(moto, {"User": user("jiro")}) == "UPDATE_COMPLETE"
    assert [known["UserName"] for known in moto.client("iam").list_users()["Users"]] == ["jiro"]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"InstanceType": "ml.nothing"}, "must satisfy enum value set"),
        ({"NotebookInstanceName": "tanaka.taro"}, "must satisfy regular expression pattern"),
        ({"VolumeSizeInGB": 4}, "must be between 5 and 16384"),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/nobody"}, "nobody not found"),
        ({"LifecycleConfigName": "nothing"}, "Unable to describe Notebook Instance Lifecycle Config"),
    ],
)
def test_what_a_service_refuses_rolls_the_stack_back(moto: MotoServer, properties: dict[str, Any], reason: str) -> None:
    resources = {"Role": role("taro"), "Notebook": notebook("taro", **properties)}
    assert deploy(moto, resources) == "ROLLBACK_COMPLETE"
    assert reason in failures(moto)[0]
    assert moto.client("iam").list_roles()["Roles"] == []
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        deploy(moto, resources)


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        ({"A": user("Taro"), "B": user("taro")}, "already exists"),
        ({"A": user("taro", Groups=["nobody"])}, "Group nobody not found"),
        ({"A": user("taro", PermissionsBoundary=f"arn:aws:iam::{ACCOUNT_ID}:policy/nothing")}, "does not exist"),
        ({"A": user("taro", Tags=[{"Key": "a", "Value": "<script>"}])}, "must satisfy regular expression pattern"),
        ({"A": policy("p", "s3:" + "x" * 6_200)}, "Cannot exceed quota for PolicySize: 6144"),
        ({"A": policy("p", "s3:日本")}, "must satisfy regular expression pattern"),
    ],
)
def test_what_iam_refuses_rolls_the_stack_back(moto: MotoServer, resources: dict[str, Any], reason: str) -> None:
    assert deploy(moto, resources) == "ROLLBACK_COMPLETE"
    assert reason in failures(moto)[0]
    assert moto.client("iam").list_users()["Users"] == []


def occupy_with_key(moto: MotoServer) -> None:
    """Give `taro` an access key."""
    moto.client("iam").create_access_key(UserName="taro")


def occupy_with_password(moto: MotoServer) -> None:
    """Give `taro` a password."""
    moto.client("iam").create_login_profile(UserName="taro", Password="Correct-Horse-1")


def occupy_with_mfa(moto: MotoServer) -> None:
    """Give `taro` an MFA device."""
    iam = moto.client("iam")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="taro")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="taro", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )


@pytest.mark.parametrize("occupy", [occupy_with_key, occupy_with_password, occupy_with_mfa])
def test_a_user_who_holds_something_cannot_be_deleted(moto: MotoServer, occupy: Any) -> None:
    deploy(moto, {"Taro": user("taro"), "Hana": user("hana")})
    occupy(moto)
    assert deploy(moto, {"Hana": user("hana")}) == "UPDATE_COMPLETE"
    assert "DeleteConflict" in failures(moto)[0]
    assert [known["UserName"] for known in moto.client("iam").list_users()["Users"]] == ["taro", "hana"]


def test_a_stack_whose_user_holds_something_cannot_be_deleted(moto: MotoServer) -> None:
    deploy(moto, {"Taro": user("taro", LoginProfile={"Password": "Correct-Horse-1"})})
    moto.client("iam").create_access_key(UserName="taro")
    assert delete(moto) == "DELETE_FAILED"
    assert "must delete access keys first" in failures(moto)[0]


def test_a_retained_resource_outlives_template_and_stack(moto: MotoServer) -> None:
    s3 = moto.client("s3")
    resources = {
        "Kept": bucket("kept-bucket", DeletionPolicy="Retain"),
        "Lost": bucket("lost-bucket"),
        "Other": bucket("other-bucket", DeletionPolicy="Retain"),
    }
    deploy(moto, resources)
    assert deploy(moto, {"Other": resources["Other"]}) == "UPDATE_COMPLETE"
    assert [known["Name"] for known in s3.list_buckets()["Buckets"]] == ["kept-bucket", "other-bucket"]
    assert delete(moto) == "DELETE_COMPLETE"
    assert [known["Name"] for known in s3.list_buckets()["Buckets"]] == ["kept-bucket", "other-bucket"]


def test_groups_and_policies_in_use_cannot_be_deleted(moto: MotoServer) -> None:
    attached = {"ManagedPolicyArns": [{"Ref": "Policy"}]}
    group = resource("AWS::IAM::Group", {"GroupName": "racers"} | attached)
    deploy(moto, {"Policy": policy("p", "s3:ListBucket"), "Group": group}, stack="access")
    deploy(moto, {"Taro": user("taro", Groups=["racers"])}, stack="users")
    assert delete(moto, stack="access") == "DELETE_FAILED"
    assert "must remove users from group first" in failures(moto, stack="access")[-1]
    assert delete(moto, stack="users") == "DELETE_COMPLETE"
    assert delete(moto, stack="access") == "DELETE_COMPLETE"

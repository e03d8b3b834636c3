"""The moto extension imports resources as CloudFormation does, and refuses what it refuses."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from change_sets import deploy
from moto_server import ACCOUNT_ID, MotoServer
from test_moto_extension import bucket, notebook, policy, resource, role, user

RETAIN = {"DeletionPolicy": "Retain"}


def taro(**properties: Any) -> dict[str, Any]:
    """The user that exists, to be imported."""
    return user("taro", **properties) | RETAIN


def listed(logical_id: str, type_name: str, key: str, value: str) -> dict[str, Any]:
    """A line of ResourcesToImport."""
    return {"LogicalResourceId": logical_id, "ResourceType": type_name, "ResourceIdentifier": {key: value}}


TARO = listed("Taro", "AWS::IAM::User", "UserName", "taro")


def imported(moto: MotoServer, template: dict[str, Any], asked: list[dict[str, Any]]) -> str:
    """Import into the stack `stack`. Returns its status."""
    cloudformation = moto.client("cloudformation")
    made = cloudformation.create_change_set(
        StackName="stack",
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(template),
        ResourcesToImport=asked,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    described = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    changes = [one["ResourceChange"] for one in described["Changes"]]
    assert {(one["Action"], one["LogicalResourceId"], one["PhysicalResourceId"]) for one in changes} == {
        ("Import", one["LogicalResourceId"], *one["ResourceIdentifier"].values()) for one in asked
    }
    cloudformation.execute_change_set(ChangeSetName=made["Id"], StackName="stack")
    return cloudformation.describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"]


@pytest.mark.parametrize(
    ("template", "asked", "message"),
    [
        ({"Resources": {"Taro": user("taro")}}, [TARO], "must have DeletionPolicy attribute"),
        ({"Resources": {"Taro": taro()}}, [], "ResourcesToImport must be specified"),
        ({"Resources": {"Taro": taro(), "Hana": user("hana")}}, [TARO], r"\['Hana'\] are missing from ResourceToImport"),
        ({"Resources": {"Taro": taro()}, "Outputs": {"A": {"Value": "a"}}}, [TARO], r"cannot modify or add \[Outputs\]"),
        ({"Resources": {"Hana": user("hana") | RETAIN}}, [listed("Hana", "AWS::IAM::User", "UserName", "hana")], "not found"),
        ({"Resources": {"Taro": taro()}}, [listed("Taro", "AWS::IAM::User", "UserName", "hana")], "taro in the template"),
        ({"Resources": {"Taro": taro()}}, [listed("Taro", "AWS::IAM::User", "Arn", "taro")], "identifiers of AWS::IAM::User"),
        ({"Resources": {"Taro": taro()}}, [listed("Taro", "AWS::IAM::Role", "RoleName", "taro")], "not in the template as"),
        (
            {"Resources": {"Book": notebook("book") | RETAIN, "Role": role("book") | RETAIN}},
            [
                listed("Book", "AWS::SageMaker::NotebookInstance", "Id", "book"),
                listed("Role", "AWS::IAM::Role", "RoleName", "book"),
            ],
            "not supported for resource import: AWS::SageMaker::NotebookInstance",
        ),
    ],
)
def test_refuses_an_import(moto: MotoServer, template: dict[str, Any], asked: list[dict[str, Any]], message: str) -> None:
    moto.client("iam").create_user(UserName="taro")
    with pytest.raises(ClientError, match=message):
        imported(moto, template, asked)


def test_an_import_changes_nothing_and_the_next_update_does(moto: MotoServer) -> None:
    iam = moto.client("iam")
    made = iam.create_user(UserName="taro")["User"]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="taro", PolicyName="all", PolicyDocument=json.dumps(everything))
    inline = [{"PolicyName": "all", "PolicyDocument": everything}]
    declared = taro(Policies=inline, Tags=[{"Key": "team", "Value": "red"}])
    assert imported(moto, {"Resources": {"Taro": declared}}, [TARO]) == "IMPORT_COMPLETE"
    assert iam.list_user_tags(UserName="taro")["Tags"] == []
    assert iam.list_user_policies(UserName="taro")["PolicyNames"] == ["all"]
    assert deploy(moto, {"Taro": user("taro", Path="/people/")}) == "UPDATE_COMPLETE"
    after = iam.get_user(UserName="taro")["User"]
    assert (after["UserId"], after["Path"]) == (made["UserId"], "/people/")
    assert iam.list_user_policies(UserName="taro")["PolicyNames"] == []


def test_an_import_resolves_references(moto: MotoServer) -> None:
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="a-bucket", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    document = {"Version": "2012-10-17", "Statement": []}
    s3.put_bucket_policy(Bucket="a-bucket", Policy=json.dumps(document))
    refers = resource("AWS::S3::BucketPolicy", {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document})
    template = {"Policy": refers | RETAIN, "Bucket": bucket("a-bucket", **RETAIN)}
    asked = [
        listed("Policy", "AWS::S3::BucketPolicy", "Bucket", "a-bucket"),
        listed("Bucket", "AWS::S3::Bucket", "BucketName", "a-bucket"),
    ]
    assert imported(moto, {"Resources": template}, asked) == "IMPORT_COMPLETE"
    assert deploy(moto, {"Policy": refers, "Bucket": bucket("a-bucket")}) == "UPDATE_COMPLETE"


def test_an_import_into_a_stack_leaves_what_is_there(moto: MotoServer) -> None:
    assert deploy(moto, {"Hana": user("hana")}) == "CREATE_COMPLETE"
    iam, s3 = moto.client("iam"), moto.client("s3")
    iam.create_user(UserName="taro")
    changed = {"Hana": user("hana", Path="/people/"), "Taro": taro()}
    with pytest.raises(ClientError, match=r"You have modified resources \[Hana\]"):
        imported(moto, {"Resources": changed}, [TARO])
    with pytest.raises(ClientError, match=r"You have modified resources \[Hana\]"):
        imported(moto, {"Resources": {"Taro": taro()}}, [TARO])
    s3.create_bucket(Bucket="a-bucket", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    arn = iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(policy("p", "s3:Get*")["Properties"]["PolicyDocument"]))
    whole = {"Hana": user("hana"), "Taro": taro(), "Bucket": bucket("a-bucket", **RETAIN), "Policy": policy("p", "s3:Get*") | RETAIN}
    asked = [
        TARO,
        listed("Bucket", "AWS::S3::Bucket", "BucketName", "a-bucket"),
        listed("Policy", "AWS::IAM::ManagedPolicy", "PolicyArn", arn["Policy"]["Arn"]),
    ]
    assert arn["Policy"]["Arn"].startswith(f"arn:aws:iam::{ACCOUNT_ID}")
    assert imported(moto, {"Resources": whole}, asked) == "IMPORT_COMPLETE"
    with pytest.raises(ClientError, match="already exists in the stack"):
        imported(moto, {"Resources": whole}, asked)
    with pytest.raises(ClientError, match="already belongs to the stack stack"):
        moto.client("cloudformation").create_change_set(
            StackName="other",
            ChangeSetName="import",
            ChangeSetType="IMPORT",
            TemplateBody=json.dumps({"Resources": {"Taro": taro()}}),
            ResourcesToImport=[TARO],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )

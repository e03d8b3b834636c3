"""The export of an account that is exactly what its templates declare, for any number of people who are alike."""

import base64
import json
from pathlib import Path
from typing import Any

from moto_server import ACCOUNT_ID, REGION
from templates import Declared, declared_resources

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated\n"
)


def write_export(out: Path, folder: Path, person: str, people: list[str]) -> None:
    """Write the export of these people into a folder. `out` is an account's out folder with one of them alone."""
    resources = declared_resources(out)
    shared = [one for one in resources if not _is_personal(one, person)]
    own = [one for one in resources if _is_personal(one, person)]
    bucket = next(one for one in shared if one.type == "AWS::S3::Bucket").properties["BucketName"]
    policy = next(one for one in shared if one.type == "AWS::S3::BucketPolicy").properties["PolicyDocument"]
    lists: dict[str, list[Any]] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    for one in shared:
        _add(one, lists)
    notebooks, tags = [], []
    rows = HEADER
    files: dict[str, Any] = {}
    text = json.dumps([[one.type, one.properties] for one in own])
    for name in people:
        notebook = name.replace(".", "-")
        replaced = text.replace(person, name).replace(person.replace(".", "-"), notebook)
        for kind, properties in json.loads(replaced):
            if kind != "AWS::SageMaker::NotebookInstance":
                _add(Declared("", "", kind, properties), lists)
                continue
            arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:notebook-instance/{notebook}"
            notebooks.append({"NotebookInstanceName": notebook, "NotebookInstanceArn": arn})
            tags.append({"ResourceARN": arn, "Tags": properties.pop("Tags")})
            lifecycle = properties.pop("LifecycleConfigName")
            files[f"notebook-instances/{notebook}.json"] = properties | {
                "NotebookInstanceArn": arn,
                "NotebookInstanceStatus": "Stopped",
                "NotebookInstanceLifecycleConfigName": lifecycle,
                "LastModifiedTime": "2026-11-01T10:00:00+09:00",
            }
        rows += f"{name},arn,N/A,false,N/A,N/A,N/A,false,true,2026-11-01T00:00:00+00:00,N/A,N/A,N/A,false" + ",N/A" * 4
        rows += ",false,N/A,false,N/A\n"
    files |= {
        "export.json": {"account": ACCOUNT_ID, "region": REGION, "bucket": bucket, "taken": "2026-11-20"},
        "identities.json": lists,
        "credential-report.json": {"Content": base64.b64encode(rows.encode()).decode()},
        "bucket-policy.json": {"Policy": json.dumps(policy)},
        "bucket-public-access-block.json": {
            "PublicAccessBlockConfiguration": dict.fromkeys(
                ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
            )
        },
        "bucket-versioning.json": {"Status": "Enabled"},
        "bucket-folders.json": {"CommonPrefixes": [{"Prefix": f"{name}/"} for name in people]},
        "bucket-encryption.json": {},
        "bucket-lifecycle.json": {},
        "bucket-logging.json": {},
        "bucket-tags.json": {},
        "access-points.json": {"AccessPointList": []},
        "training-jobs.json": {"TrainingJobSummaries": []},
        "notebook-instances.json": {"NotebookInstances": notebooks},
        "notebook-tags.json": {"ResourceTagMappingList": tags},
        "lifecycle-configurations.json": {"NotebookInstanceLifecycleConfigs": []},
    }
    for one in shared:
        if one.type == "AWS::SageMaker::NotebookInstanceLifecycleConfig":
            name = one.properties["NotebookInstanceLifecycleConfigName"]
            listed = {"NotebookInstanceLifecycleConfigName": name}
            files["lifecycle-configurations.json"] = {"NotebookInstanceLifecycleConfigs": [listed]}
            files[f"lifecycle-configurations/{name}.json"] = {"OnStart": one.properties["OnStart"]}
    for name, value in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(value, indent=4, ensure_ascii=False) + "\n")


def _is_personal(one: Declared, person: str) -> bool:
    return person in json.dumps(one.properties.get("UserName") or one.properties.get("RoleName") or "") or (
        one.type == "AWS::SageMaker::NotebookInstance"
    )


def _add(one: Declared, lists: dict[str, list[Any]]) -> None:
    """Add an identity or a policy to the lists, as IAM tells of it."""
    properties = one.properties

    def arn(kind: str, name: str) -> str:
        return f"arn:aws:iam::{ACCOUNT_ID}:{kind}{properties.get('Path', '/')}{name}"

    attached = [{"PolicyName": value.split("/")[-1], "PolicyArn": value} for value in properties.get("ManagedPolicyArns", [])]
    common: dict[str, Any] = {"AttachedManagedPolicies": attached, "Tags": properties.get("Tags", [])}
    if boundary := properties.get("PermissionsBoundary"):
        common["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    inline = properties.get("Policies", [])
    if one.type == "AWS::IAM::User":
        name = properties["UserName"]
        user = {"UserName": name, "Arn": arn("user", name), "UserPolicyList": inline, "GroupList": properties["Groups"]}
        lists["UserDetailList"].append(user | common)
    elif one.type == "AWS::IAM::Role":
        name = properties["RoleName"]
        trust = properties["AssumeRolePolicyDocument"]
        role = {"RoleName": name, "Arn": arn("role", name), "RolePolicyList": inline, "AssumeRolePolicyDocument": trust}
        lists["RoleDetailList"].append(role | common)
    elif one.type == "AWS::IAM::Group":
        name = properties["GroupName"]
        lists["GroupDetailList"].append({"GroupName": name, "Arn": arn("group", name), "GroupPolicyList": inline} | common)
    elif one.type == "AWS::IAM::ManagedPolicy":
        name = properties["ManagedPolicyName"]
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": properties["PolicyDocument"]}
        lists["Policies"].append({"PolicyName": name, "Arn": arn("policy", name), "PolicyVersionList": [version]})
        for group in properties.get("Groups", []):
            found = next(one for one in lists["GroupDetailList"] if one["GroupName"] == group)
            found["AttachedManagedPolicies"].append({"PolicyName": name, "PolicyArn": arn("policy", name)})

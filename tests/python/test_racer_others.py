"""What is somebody else's, or nobody's: with each step of a racer's day, it stays closed to the person and to their notebook."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_server import ACCOUNT_ID
from stand_server import BUCKET, IMAGE, LOG_GROUPS, NOTEBOOKS, OTHER, RACER, SUSPENDED, Racer, Stand, role_arn

# How the services say that access is denied; S3 says of a HEAD request its status alone.
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
KEY = f"{OTHER}/reward_function.py"
OTHERS_NOTEBOOK = NOTEBOOKS[OTHER]
OTHERS_JOB = f"{OTHERS_NOTEBOOK}--secret"
# The second profile gives the policies of the original documents, which leave these open to people (not to notebooks).
OPEN_IN_DOCUMENTED = {
    "head the bucket",
    "job passing the other's role",
    "list",
    "list the root",
    "look at the job",
    "read the notebook's tags",
    "stop the job",
}

Call = tuple[str, str, dict[str, Any]]


def job(name: str, owner: str, role: str) -> dict[str, Any]:
    """The parameters of a training job."""
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": role_arn(role),
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/{owner}/models"},
        "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "Tags": [{"Key": "user", "Value": owner}],
    }


def others_calls(stream: str, version: str, upload: str, access_key: str) -> dict[str, Call]:
    """A call of each kind, upon what is another's."""
    its = {"Bucket": BUCKET, "Key": KEY}
    notebook = {"NotebookInstanceName": OTHERS_NOTEBOOK}
    notebook_arn = f"arn:aws:sagemaker:ap-northeast-1:111122223333:notebook-instance/{OTHERS_NOTEBOOK}"
    copied = {"Bucket": BUCKET, "Key": f"{RACER}/stolen.py"}
    return {
        "list": ("s3", "list_objects_v2", {"Bucket": BUCKET, "Prefix": f"{OTHER}/"}),
        "list versions": ("s3", "list_object_versions", {"Bucket": BUCKET, "Prefix": f"{OTHER}/"}),
        "list the root": ("s3", "list_objects_v2", {"Bucket": BUCKET}),
        "list versions at the root": ("s3", "list_object_versions", {"Bucket": BUCKET}),
        "list uploads": ("s3", "list_multipart_uploads", {"Bucket": BUCKET}),
        "head the bucket": ("s3", "head_bucket", {"Bucket": BUCKET}),
        "get": ("s3", "get_object", its),
        "head": ("s3", "head_object", its),
        "get a version": ("s3", "get_object", its | {"VersionId": version}),
        "put": ("s3", "put_object", its | {"Body": b"mine"}),
        "put beside": ("s3", "put_object", its | {"Key": "readme.txt", "Body": b"mine"}),
        "delete": ("s3", "delete_object", its),
        "delete a version": ("s3", "delete_object", its | {"VersionId": version}),
        "copy from": ("s3", "copy_object", copied | {"CopySource": f"{BUCKET}/{KEY}"}),
        "copy a version from": ("s3", "copy_object", copied | {"CopySource": f"{BUCKET}/{KEY}?versionId={version}"}),
        "copy to": ("s3", "copy_object", its | {"CopySource": f"{BUCKET}/{RACER}/reward_function.py"}),
        "begin an upload": ("s3", "create_multipart_upload", its),
        "upload a part": ("s3", "upload_part", its | {"UploadId": upload, "PartNumber": 1, "Body": b"mine"}),
        "list parts": ("s3", "list_parts", its | {"UploadId": upload}),
        "abort an upload": ("s3", "abort_multipart_upload", its | {"UploadId": upload}),
        "read tags": ("s3", "get_object_tagging", its),
        "write tags": ("s3", "put_object_tagging", its | {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
        "open an object": ("s3", "put_object_acl", its | {"ACL": "public-read"}),
        "read the bucket's policy": ("s3", "get_bucket_policy", {"Bucket": BUCKET}),
        "write the bucket's policy": ("s3", "put_bucket_policy", {"Bucket": BUCKET, "Policy": "{}"}),
        "stop versioning": (
            "s3",
            "put_bucket_versioning",
            {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Suspended"}},
        ),
        "delete the bucket": ("s3", "delete_bucket", {"Bucket": BUCKET}),
        "open the notebook": ("sagemaker", "create_presigned_notebook_instance_url", notebook),
        "look at the notebook": ("sagemaker", "describe_notebook_instance", notebook),
        "start the notebook": ("sagemaker", "start_notebook_instance", notebook),
        "stop the notebook": ("sagemaker", "stop_notebook_instance", notebook),
        "change the notebook": ("sagemaker", "update_notebook_instance", notebook | {"VolumeSizeInGB": 99}),
        "delete the notebook": ("sagemaker", "delete_notebook_instance", notebook),
        "read the notebook's tags": ("sagemaker", "list_tags", {"ResourceArn": notebook_arn}),
        "take the notebook": (
            "sagemaker",
            "add_tags",
            {"ResourceArn": notebook_arn, "Tags": [{"Key": "user", "Value": RACER}]},
        ),
        "look at the job": ("sagemaker", "describe_training_job", {"TrainingJobName": OTHERS_JOB}),
        "stop the job": ("sagemaker", "stop_training_job", {"TrainingJobName": OTHERS_JOB}),
        "job passing the other's role": ("sagemaker", "create_training_job", job("passing", RACER, OTHER)),
        "job tagged as the other's": ("sagemaker", "create_training_job", job("tagging", OTHER, RACER)),
        "read the notebook's log": (
            "logs",
            "get_log_events",
            {"logGroupName": LOG_GROUPS[0], "logStreamName": f"{OTHERS_NOTEBOOK}/LifecycleConfigOnStart"},
        ),
        "read the job's log": ("logs", "get_log_events", {"logGroupName": LOG_GROUPS[1], "logStreamName": stream}),
        "search all logs": ("logs", "filter_log_events", {"logGroupName": LOG_GROUPS[1]}),
        "write the notebook's log": (
            "logs",
            "put_log_events",
            {
                "logGroupName": LOG_GROUPS[0],
                "logStreamName": f"{OTHERS_NOTEBOOK}/LifecycleConfigOnStart",
                "logEvents": [{"timestamp": 1_764_000_000_000, "message": "forged"}],
            },
        ),
        "list the keys": ("iam", "list_access_keys", {"UserName": OTHER}),
        "make a key": ("iam", "create_access_key", {"UserName": OTHER}),
        "delete a key": ("iam", "delete_access_key", {"UserName": OTHER, "AccessKeyId": access_key}),
        "switch a key off": (
            "iam",
            "update_access_key",
            {"UserName": OTHER, "AccessKeyId": access_key, "Status": "Inactive"},
        ),
        "ask of a key's last use": ("iam", "get_access_key_last_used", {"AccessKeyId": access_key}),
        "look at the user": ("iam", "get_user", {"UserName": OTHER}),
        "list the devices": ("iam", "list_mfa_devices", {"UserName": OTHER}),
        "make a password": ("iam", "create_login_profile", {"UserName": OTHER, "Password": "Correct-Horse-1"}),
        "change the password": ("iam", "update_login_profile", {"UserName": OTHER, "Password": "Correct-Horse-1"}),
        "change the user's tags": ("iam", "tag_user", {"UserName": OTHER, "Tags": [{"Key": "user", "Value": RACER}]}),
        "change the own tags": ("iam", "tag_user", {"UserName": RACER, "Tags": [{"Key": "user", "Value": OTHER}]}),
        "change the role's tags": ("iam", "tag_role", {"RoleName": RACER, "Tags": [{"Key": "user", "Value": OTHER}]}),
        "take more": (
            "iam",
            "attach_user_policy",
            {"UserName": RACER, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        "shed the boundary": ("iam", "delete_user_permissions_boundary", {"UserName": RACER}),
        "become the other's notebook": (
            "sts",
            "assume_role",
            {"RoleArn": role_arn(OTHER), "RoleSessionName": "me"},
        ),
        "become the own notebook": ("sts", "assume_role", {"RoleArn": role_arn(RACER), "RoleSessionName": "me"}),
    }


@pytest.fixture
def calls(stand: Stand) -> dict[str, Call]:
    """The calls, upon what the other has: a file with versions, an upload, a job with its log, an access key."""
    other, s3 = stand.user(OTHER), stand.moto.client("s3")
    version = s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"secret")["VersionId"]
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=KEY)["UploadId"]
    sagemaker, logs = stand.moto.client("sagemaker"), stand.moto.client("logs")
    if OTHERS_JOB not in [each["TrainingJobName"] for each in sagemaker.list_training_jobs()["TrainingJobSummaries"]]:
        its = job(OTHERS_JOB, OTHER, OTHER) | {"HyperParameters": {"endless": "true"}}
        stand.notebook(OTHER).client("sagemaker").create_training_job(**its)
    streams = logs.describe_log_streams(logGroupName=LOG_GROUPS[1], logStreamNamePrefix=f"{OTHERS_JOB}/")
    (stream,) = (stream["logStreamName"] for stream in streams["logStreams"])
    return others_calls(stream, version, upload, other.keys["AWS_ACCESS_KEY_ID"])


def is_allowed(racer: Racer, call: Call) -> bool:
    """Whether a call is let through. It may fail for being denied, and for nothing else."""
    service, operation, parameters = call
    try:
        getattr(racer.client(service), operation)(**parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] in DENIED, f"{operation}: {error}"
        return False
    return True


@pytest.mark.parametrize("kind", ["user", "role"])
def test_what_is_anothers_stays_closed(stand: Stand, calls: dict[str, Call], kind: str) -> None:
    racer = stand.racer(kind, RACER)
    allowed = {name for name, call in calls.items() if is_allowed(racer, call)}
    is_weak = kind == "user" and "documented" in stand.workspace.settings
    assert allowed == (OPEN_IN_DOCUMENTED if is_weak else set())


@pytest.mark.parametrize("stand", ["documented console"], indirect=True)
def test_password_and_second_factor_of_another_stay_closed(stand: Stand) -> None:
    device = f"arn:aws:iam::{ACCOUNT_ID}:mfa/{OTHER}"
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    admin = stand.moto.client("iam")
    admin.create_virtual_mfa_device(VirtualMFADeviceName=OTHER)
    admin.enable_mfa_device(UserName=OTHER, SerialNumber=device, **codes)
    calls: list[Call] = [
        ("iam", "create_virtual_mfa_device", {"VirtualMFADeviceName": f"{OTHER}-2"}),
        ("iam", "delete_virtual_mfa_device", {"SerialNumber": device}),
        ("iam", "enable_mfa_device", {"UserName": OTHER, "SerialNumber": device} | codes),
        ("iam", "resync_mfa_device", {"UserName": OTHER, "SerialNumber": device} | codes),
        ("iam", "deactivate_mfa_device", {"UserName": OTHER, "SerialNumber": device}),
        ("iam", "get_login_profile", {"UserName": OTHER}),
        ("iam", "delete_login_profile", {"UserName": OTHER}),
    ]
    racers = [stand.racer(kind, RACER) for kind in ("user", "role")]
    assert [(racer.kind, call[1]) for racer in racers for call in calls if is_allowed(racer, call)] == []
    assert [each["SerialNumber"] for each in admin.list_mfa_devices(UserName=OTHER)["MFADevices"]] == [device]


@pytest.mark.parametrize("kind", ["user", "role"])
def test_objects_of_another_are_named_in_the_answer_of_a_deletion(stand: Stand, kind: str) -> None:
    racer, admin = stand.racer(kind, RACER), stand.moto.client("s3")
    keys = [f"{name}/{kind}-{number} <&>" for name in (RACER, OTHER) for number in range(2)]
    for key in keys:
        admin.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    answer = racer.client("s3").delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
    assert [deleted["Key"] for deleted in answer["Deleted"]] == keys[:2]
    assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [(key, "AccessDenied") for key in keys[2:]]


@pytest.mark.parametrize("kind", ["user", "role"])
def test_who_is_suspended_may_nothing(stand: Stand, tmp_path: Path, kind: str) -> None:
    racer = stand.racer(kind, SUSPENDED)
    own = {"NotebookInstanceName": NOTEBOOKS[SUSPENDED]}
    stream = f"{NOTEBOOKS[SUSPENDED]}/LifecycleConfigOnStart"
    calls: list[Call] = [
        ("s3", "list_objects_v2", {"Bucket": BUCKET, "Prefix": f"{SUSPENDED}/"}),
        ("s3", "get_object", {"Bucket": BUCKET, "Key": f"{SUSPENDED}/reward_function.py"}),
        ("s3", "put_object", {"Bucket": BUCKET, "Key": f"{SUSPENDED}/new.py", "Body": b"1"}),
        ("sagemaker", "list_notebook_instances", {}),
        ("sagemaker", "describe_notebook_instance", own),
        ("sagemaker", "start_notebook_instance", own),
        ("sagemaker", "create_presigned_notebook_instance_url", own),
        ("sagemaker", "create_training_job", job("suspended", SUSPENDED, SUSPENDED)),
        ("logs", "get_log_events", {"logGroupName": LOG_GROUPS[0], "logStreamName": stream}),
        ("iam", "list_access_keys", {"UserName": SUSPENDED}),
        ("iam", "create_access_key", {"UserName": SUSPENDED}),
        ("iam", "get_user", {"UserName": SUSPENDED}),
    ]
    assert [call[1] for call in calls if is_allowed(racer, call)] == []
    # The notebook of a suspended person may still stop itself.
    stand.moto.client("sagemaker").start_notebook_instance(**own)
    assert is_allowed(racer, ("sagemaker", "stop_notebook_instance", own)) == (kind == "role")

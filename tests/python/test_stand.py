"""The stand itself: it refuses what it does not know, policies decide what it lets through, and a refusal looks like AWS's."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import Shape
from moto.core.utils import get_service_model

from moto_server import ACCOUNT_ID, REGION
from oracle import Asked
from patience import PATIENCE
from stand.callers import ANYBODY, Caller
from stand.calls import Call
from stand.decider import Decider, running_decider
from stand.needs import OPERATIONS, needs_of
from stand_access import Agreement
from stand_server import BUCKET, LOG_GROUPS, NOTEBOOKS, OTHER, RACER, Racer, Stand, role_arn
from test_racer_others import is_allowed, job
from workspace import SETTINGS

USER = "somebody"
KEY = f"{OTHER}/reward_function.py"
READ = ("s3", "get_object", {"Bucket": BUCKET, "Key": KEY})
READS_LOG = (
    "logs",
    "get_log_events",
    {"logGroupName": LOG_GROUPS[0], "logStreamName": f"{NOTEBOOKS[RACER]}/LifecycleConfigOnStart"},
)
DAILY_WORK = f"arn:aws:iam::{ACCOUNT_ID}:policy/deepracer/mycompany-deepracer-daily-work"
GROUP = "mycompany-deepracer-users"

# A value for each type of parameter, and for those that are more than a name.
VALUES = {"string": "name-1", "integer": 1, "long": 1, "boolean": True, "blob": b"", "timestamp": 0, "double": 1.0}
SPECIAL: dict[str, Any] = {
    "CopySource": f"{BUCKET}/key?versionId=1",
    "Tagging": "a=b",
    "RoleArn": role_arn(RACER),
    "PolicyArn": f"arn:aws:iam::{ACCOUNT_ID}:policy/one",
    "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT_ID}:policy/one",
    "PolicySourceArn": role_arn(RACER),
    "ResourceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:training-job/one",
    "SerialNumber": f"arn:aws:iam::{ACCOUNT_ID}:mfa/{RACER}",
    "Path": "/",
    "registryId": ACCOUNT_ID,
    "logGroupIdentifier": f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:one:*",
}


@pytest.fixture
def bare(stands: Callable[[str], tuple[Stand, Agreement]]) -> Stand:
    """A stand, on which a test may do what racestack would not know of."""
    made, _ = stands(SETTINGS["documented"])
    return made


@pytest.fixture
def somebody(bare: Stand) -> Iterator[Racer]:
    """A user without any permission."""
    iam = bare.moto.client("iam")
    iam.create_user(UserName=USER)
    yield bare.user(USER)
    for key in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
    for name in iam.list_user_policies(UserName=USER)["PolicyNames"]:
        iam.delete_user_policy(UserName=USER, PolicyName=name)
    iam.delete_user(UserName=USER)


def document(effect: str, *actions: str, resource: str = "*") -> str:
    """A policy of one statement."""
    statement = {"Effect": effect, "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def last(stand: Stand) -> dict[str, Any]:
    """The last call in the journal."""
    return stand.entries()[-1]


def test_policies_decide(bare: Stand, somebody: Racer) -> None:
    iam = bare.moto.client("iam")
    own = {"UserName": USER, "PolicyName": "own"}
    assert not is_allowed(somebody, READ)
    iam.put_user_policy(**own, PolicyDocument=document("Allow", "s3:GetObject", resource=f"arn:aws:s3:::{BUCKET}/x/*"))
    assert not is_allowed(somebody, READ)
    iam.put_user_policy(**own, PolicyDocument=document("Allow", "s3:GetObject"))
    assert is_allowed(somebody, READ)
    iam.put_user_policy(UserName=USER, PolicyName="denial", PolicyDocument=document("Deny", "s3:*"))
    assert not is_allowed(somebody, READ)
    assert last(bare)["verdicts"][0]["decision"] == "ExplicitlyDenied"


def test_a_missing_grant_is_missed_and_one_too_wide_is_seen(bare: Stand) -> None:
    """The flows hang on the policies of the group: without one of them a step fails, and one more opens another's things."""
    iam, racer = bare.moto.client("iam"), bare.user(RACER)
    assert is_allowed(racer, READS_LOG)
    assert not is_allowed(racer, READ)
    iam.detach_group_policy(GroupName=GROUP, PolicyArn=DAILY_WORK)
    iam.put_group_policy(GroupName=GROUP, PolicyName="wide", PolicyDocument=document("Allow", "s3:GetObject"))
    try:
        assert not is_allowed(racer, READS_LOG)
        assert is_allowed(racer, READ)
    finally:
        iam.delete_group_policy(GroupName=GROUP, PolicyName="wide")
        iam.attach_group_policy(GroupName=GROUP, PolicyArn=DAILY_WORK)


def test_a_job_fails_whose_role_may_not_write_its_log(bare: Stand, somebody: Racer) -> None:
    iam = bare.moto.client("iam")
    iam.put_user_policy(UserName=USER, PolicyName="own", PolicyDocument=document("Allow", "sagemaker:*", "iam:PassRole"))
    role = iam.create_role(RoleName="weak", AssumeRolePolicyDocument=document("Deny", "*"))["Role"]["Arn"]
    iam.put_role_policy(RoleName="weak", PolicyName="own", PolicyDocument=document("Allow", "s3:*", "ecr:*"))
    somebody.client("sagemaker").create_training_job(**job("weak", OTHER, OTHER) | {"RoleArn": role})
    described = somebody.client("sagemaker").describe_training_job(TrainingJobName="weak")
    assert described["TrainingJobStatus"] == "Failed"
    assert "logs:CreateLogStream" in described["FailureReason"]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "status", "code"),
    [
        ("s3", "get_object", READ[2], 403, "AccessDenied"),
        ("s3", "head_object", READ[2], 403, "403"),
        ("iam", "list_users", {}, 403, "AccessDenied"),
        ("sagemaker", "list_training_jobs", {}, 400, "AccessDeniedException"),
        ("logs", "describe_log_groups", {}, 400, "AccessDeniedException"),
        ("ec2", "describe_vpcs", {}, 403, "UnauthorizedOperation"),
    ],
)
def test_a_refusal_is_the_services_own(
    somebody: Racer, service: str, operation: str, parameters: dict[str, str], status: int, code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(somebody.client(service), operation)(**parameters)
    answer = refused.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (status, code)
    if not operation.startswith("head"):
        assert f"user/{USER} is not authorized to perform: {service}:" in answer["Error"]["Message"]


def test_what_is_missing_is_denied_to_who_may_not_list(bare: Stand, somebody: Racer) -> None:
    iam, missing = bare.moto.client("iam"), {"Bucket": BUCKET, "Key": f"{USER}/missing"}
    iam.put_user_policy(UserName=USER, PolicyName="own", PolicyDocument=document("Allow", "s3:GetObject"))
    with pytest.raises(ClientError, match="AccessDenied"):
        somebody.client("s3").get_object(**missing)
    iam.put_user_policy(UserName=USER, PolicyName="list", PolicyDocument=document("Allow", "s3:ListBucket"))
    with pytest.raises(ClientError, match="NoSuchKey"):
        somebody.client("s3").get_object(**missing)


@contextmanager
def public_bucket(stand: Stand) -> Iterator[None]:
    """Have the bucket's policy let everybody read, while the block runs."""
    s3 = stand.moto.client("s3")
    before = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    everybody = json.loads(document("Allow", "s3:GetObject", resource=f"arn:aws:s3:::{BUCKET}/*"))
    everybody["Statement"][0]["Principal"] = "*"
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(everybody))
    yield
    s3.put_bucket_policy(Bucket=BUCKET, Policy=before)


def test_nobody_reads_but_by_the_buckets_own_policy(bare: Stand) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    address = f"{bare.endpoint}/{BUCKET}/{KEY}"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opener.open(address, timeout=PATIENCE)
    with public_bucket(bare), opener.open(address, timeout=PATIENCE) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opener.open(address, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("dynamodb", "list_tables", {}),
        ("sagemaker", "list_models", {}),
        ("s3", "get_object_torrent", READ[2]),
    ],
)
def test_what_the_map_does_not_know_is_a_fault(
    bare: Stand, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    client = bare.user(RACER).client(service)
    with pytest.raises(ClientError):
        getattr(client, operation)(**parameters)
    assert last(bare)["outcome"] == "fault"
    assert "the map has no" in last(bare)["reason"]


@pytest.mark.parametrize("query", ["?unknown", "?versionId=1&unknown=2"])
def test_a_part_of_an_address_that_no_operation_has_is_a_fault(bare: Stand, query: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opener.open(f"{bare.endpoint}/{BUCKET}/{KEY}{query}", timeout=PATIENCE)
    assert last(bare)["outcome"] == "fault"


def test_what_the_evaluator_decides_otherwise_is_reported(bare: Stand) -> None:
    def entry(decision: str) -> dict[str, Any]:
        bucket, context = f"arn:aws:s3:::{BUCKET}", {"s3:prefix": f"{RACER}/"}
        verdict = {"action": "s3:ListBucket", "resource": bucket, "context": context, "decision": decision}
        return {"name": RACER, "kind": "role", "verdicts": [verdict]}

    assert Agreement().disagreements(bare, [entry("Allowed")]) == []
    (reported,) = Agreement().disagreements(bare, [entry("ImplicitlyDenied")])
    assert "the simulator says ImplicitlyDenied, access allowed" in reported


@pytest.fixture(scope="module")
def decider() -> Iterator[Decider]:
    """The simulator."""
    with running_decider() as running:
        yield running


@pytest.mark.parametrize(
    ("service", "operation"), [(service, operation) for service, known in OPERATIONS.items() for operation in known]
)
def test_the_map_names_what_aws_has(
    decider: Decider, monkeypatch: pytest.MonkeyPatch, service: str, operation: str
) -> None:
    """Each action with its resource and condition keys is one of the Service Authorization Reference: the simulator, which
    knows that, decides it."""
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT_ID)
    model = get_service_model(service).operation_model(operation)
    parameters = example(model.input_shape, operation) if model.input_shape else {}
    arn = f"arn:aws:iam::{ACCOUNT_ID}:user/{RACER}"
    who = Caller("user", RACER, arn, {"aws:username": RACER}, [ANYBODY], None)
    for need in needs_of(Call(service, operation, "json", parameters, "AKIA"), who):
        policy = need.resource_policy
        context = who.context | need.context
        asked = Asked(arn, ACCOUNT_ID, need.action, need.resource, context, who.identity, None, policy)
        assert decider.decision(asked) == ("Allowed" if operation != "AssumeRole" else "ImplicitlyDenied")


ITS = {"Bucket": BUCKET, "Key": "key"}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "actions"),
    [
        (
            "sagemaker",
            "CreateTrainingJob",
            job("one", RACER, RACER),
            ["sagemaker:CreateTrainingJob", "sagemaker:AddTags", "iam:PassRole"],
        ),
        (
            "sagemaker",
            "CreateTrainingJob",
            job("one", RACER, RACER) | {"Tags": []},
            ["sagemaker:CreateTrainingJob", "iam:PassRole"],
        ),
        (
            "sagemaker",
            "UpdateNotebookInstance",
            {"NotebookInstanceName": "one", "RoleArn": role_arn(RACER)},
            ["sagemaker:UpdateNotebookInstance", "iam:PassRole"],
        ),
        ("s3", "CopyObject", ITS | {"CopySource": "other/key"}, ["s3:GetObject", "s3:PutObject"]),
        ("s3", "CopyObject", ITS | {"CopySource": "other/key?versionId=1"}, ["s3:GetObjectVersion", "s3:PutObject"]),
        ("s3", "UploadPartCopy", ITS | {"CopySource": "/other/key"}, ["s3:GetObject", "s3:PutObject"]),
        ("s3", "PutObject", ITS | {"Tagging": "a=b"}, ["s3:PutObject", "s3:PutObjectTagging"]),
        ("s3", "CreateMultipartUpload", ITS | {"ACL": "private"}, ["s3:PutObject", "s3:PutObjectAcl"]),
        ("s3", "CompleteMultipartUpload", ITS, ["s3:PutObject"]),
        ("s3", "HeadObject", ITS | {"VersionId": "1"}, ["s3:GetObjectVersion"]),
        (
            "s3",
            "DeleteObjects",
            {"Bucket": BUCKET, "Delete": {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "1"}]}},
            ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        ),
        ("logs", "DescribeLogStreams", {"logGroupName": "one"}, ["logs:DescribeLogStreams"] * 2),
        ("sts", "GetCallerIdentity", {}, []),
    ],
)
def test_a_call_needs_all_actions_that_aws_lists(
    monkeypatch: pytest.MonkeyPatch, service: str, operation: str, parameters: dict[str, Any], actions: list[str]
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT_ID)
    who = Caller("user", RACER, f"arn:aws:iam::{ACCOUNT_ID}:user/{RACER}", {}, [], None)
    found = needs_of(Call(service, operation, "json", parameters, "AKIA"), who)
    assert [need.action for need in found] == actions


def example(shape: Shape, name: str) -> Any:
    """A value of a parameter."""
    if name in SPECIAL and shape.type_name == "string":
        return SPECIAL[name]
    if shape.type_name == "structure":
        return {name: example(member, name) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [example(shape.member, name)]
    if shape.type_name == "map":
        return {example(shape.key, name): example(shape.value, name)}
    return VALUES[shape.type_name]

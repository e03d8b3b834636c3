"""Duo's policy linter reports nothing about the hardened policies but what is listed here, with its reason."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from templates import iam_arn, load
from workspace import SETTINGS, Workspace

with warnings.catch_warnings():
    # It reads its data through pkg_resources, which setuptools has deprecated; the pinned one still has it.
    warnings.simplefilter("ignore")
    import parliament

Item = tuple[str, str, str]

TAGGED = "a tag says whose it is, and a condition asks for that: the names are not known beforehand"
MADE_LATER = "the role makes these itself, under names that are not known beforehand"
OF_SUBNET = "a condition asks for the subnet of the interface, whose ID is not known beforehand"
FOREIGN = "the images are AWS's own, in accounts of AWS"
ANY_BUCKET = "a condition asks for a tag of the object, in whichever bucket it is"
WITHOUT_RESOURCE = "takes `*` alone, so that the statement, which the service's documents have, does not allow it"
NEWER_KEY = "a key of SageMaker's for tagged resources, which the linter's data has for other actions alone"

# Everything that is reported, with the reason why it stays: (issue, policy, what about it). RESOURCE_STAR is of the lowest
# severity, the others of the one above.
EXPECTED: dict[Item, str] = {
    ("RESOURCE_STAR", "BoundaryPolicy", "sagemaker:BatchGetMetrics"): TAGGED,
    ("RESOURCE_STAR", "NotebookPolicy", "sagemaker:DescribeNotebookInstance"): TAGGED,
    ("RESOURCE_STAR", "NotebookPolicy", "ec2:DeleteNetworkInterface"): OF_SUBNET,
    ("RESOURCE_STAR", "NotebookPolicy", "ecr:BatchCheckLayerAvailability"): FOREIGN,
    ("RESOURCE_STAR", "NotebookBoundaryPolicy", "sagemaker:DescribeNotebookInstance"): TAGGED,
    ("RESOURCE_STAR", "NotebookBoundaryPolicy", "ec2:CreateNetworkInterfacePermission"): OF_SUBNET,
    ("RESOURCE_STAR", "NotebookBoundaryPolicy", "ecr:BatchCheckLayerAvailability"): FOREIGN,
    ("RESOURCE_STAR", "CloudFormationRole", "cloudformation:CancelUpdateStack"): MADE_LATER,
    ("RESOURCE_STAR", "CloudFormationRole", "ec2:AllocateAddress"): MADE_LATER,
    ("RESOURCE_STAR", "DeepRacerRole", "cloudformation:CancelUpdateStack"): MADE_LATER,
    ("RESOURCE_STAR", "DeepRacerRole", "deepracer:AddLeaderboardAccessPermission"): MADE_LATER,
    ("RESOURCE_STAR", "DeepRacerRole", "logs:CreateLogGroup"): MADE_LATER,
    ("RESOURCE_STAR", "DeepRacerRole", "s3:GetObject"): ANY_BUCKET,
    ("RESOURCE_STAR", "RoboMakerRole", "ec2:CreateNetworkInterfacePermission"): MADE_LATER,
    ("RESOURCE_STAR", "RoboMakerRole", "robomaker:CancelDeploymentJob"): MADE_LATER,
    ("RESOURCE_STAR", "RoboMakerRole", "s3:GetObject"): ANY_BUCKET,
    ("RESOURCE_STAR", "SageMakerRole", "application-autoscaling:DeleteScalingPolicy"): MADE_LATER,
    ("RESOURCE_STAR", "SageMakerRole", "s3:CreateBucket"): MADE_LATER,
    ("RESOURCE_STAR", "SageMakerRole", "s3:GetObject"): ANY_BUCKET,
    ("RESOURCE_STAR", "SageMakerRole", "sagemaker:AddAssociation"): MADE_LATER,
    ("RESOURCE_MISMATCH", "DeepRacerRole", "s3:ListAllMyBuckets"): WITHOUT_RESOURCE,
    ("RESOURCE_MISMATCH", "RoboMakerRole", "s3:ListAllMyBuckets"): WITHOUT_RESOURCE,
    (
        "UNKNOWN_CONDITION_FOR_ACTION",
        "GuardrailsPolicy",
        "Unknown condition sagemaker:TaggingAction for action sagemaker:DeleteTags",
    ): "no request to delete tags has the key, and the negated operator then holds: all of them are denied",
} | {
    (
        "UNKNOWN_CONDITION_FOR_ACTION",
        "SageMakerPolicy",
        f"Unknown condition sagemaker:ResourceTag/user for action sagemaker:{action}",
    ): NEWER_KEY
    for action in (
        "CreatePresignedNotebookInstanceUrl",
        "DescribeNotebookInstance",
        "ListTags",
        "StartNotebookInstance",
        "StopNotebookInstance",
    )
}


def test_parliament_reports_what_is_listed_and_no_more(tmp_path: Path) -> None:
    found: set[Item] = set()
    for name, settings in SETTINGS.items():
        if "policies: documented" not in settings:
            workspace = Workspace(tmp_path / name, settings)
            workspace.write()
            workspace.synth()
            found.update(items(workspace.out))
    unexpected = found - EXPECTED.keys()
    assert not unexpected, "\n".join(map(repr, sorted(unexpected)))
    unused = EXPECTED.keys() - found
    assert not unused, "\n".join(map(repr, sorted(unused)))


def items(out: Path) -> Iterator[Item]:
    """Everything that parliament reports about the policies of an account."""
    policies = 0
    for file in sorted(out.glob("*.yaml")):
        for logical_id, resource in load(file)["Resources"].items():
            # Roles of notebooks and users differ in their names alone.
            kind = next((kind for kind in ("NotebookRole", "User") if logical_id.endswith(kind)), logical_id)
            for document in documents(resource["Properties"]):
                policies += 1
                for finding in parliament.analyze_policy_string(json.dumps(document)).findings:
                    yield finding.issue, kind, subject(finding.detail)
    assert policies > 10, f"{out} has {policies} policies"


def documents(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy document in the properties of a resource."""
    if isinstance(value, list):
        for entry in value:
            yield from documents(entry)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "PolicyDocument":
                yield inner
            elif key == "AssumeRolePolicyDocument":
                # The linter knows no trust policies. Their resource is the role that has them.
                role = iam_arn("role", value.get("Path", "/"), value["RoleName"])
                yield {**inner, "Statement": [{**statement, "Resource": role} for statement in inner["Statement"]]}
            else:
                yield from documents(inner)


def subject(detail: Any) -> str:
    """What a finding is about, in short: the first action of a list."""
    first = detail[0] if isinstance(detail, list) and detail else detail
    return str(first["action"] if isinstance(first, dict) else first)

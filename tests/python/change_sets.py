"""Deploy small templates by change sets, the way `aws cloudformation deploy` does."""

import json
from typing import Any

from moto_server import MotoServer

CAPABILITIES = ("CAPABILITY_NAMED_IAM",)


def deploy(
    moto: MotoServer, resources: dict[str, Any], *, stack: str = "stack", capabilities: tuple[str, ...] = CAPABILITIES
) -> str:
    """Deploy resources as a stack. Returns its status, or the change set's reason when there was nothing to do."""
    cloudformation = moto.client("cloudformation")
    exists = stack in [known["StackName"] for known in cloudformation.list_stacks()["StackSummaries"]]
    change_set = cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName="change",
        ChangeSetType="UPDATE" if exists else "CREATE",
        TemplateBody=json.dumps({"Resources": resources}, ensure_ascii=False),
        Capabilities=list(capabilities),
    )
    described = cloudformation.describe_change_set(ChangeSetName=change_set["Id"])
    if described["Status"] == "FAILED":
        return described["StatusReason"]
    cloudformation.execute_change_set(ChangeSetName=change_set["Id"], StackName=stack)
    return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]


def delete(moto: MotoServer, *, stack: str = "stack") -> str:
    """Delete a stack. Returns its last status."""
    cloudformation = moto.client("cloudformation")
    stack_id = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=stack)
    return cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]


def failures(moto: MotoServer, *, stack: str = "stack") -> list[str]:
    """Why resources failed, the latest first."""
    events = moto.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    return [event["ResourceStatusReason"] for event in failed if event["ResourceType"] != "AWS::CloudFormation::Stack"]

"""Change sets of the type IMPORT, which moto does not have: what CloudFormation refuses of them, and what comes of them.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.parsing import clean_json

from .clients import Clients
from .engine import Deployed
from .registry import RESOURCE_TYPES
from .template import dependency_order

# The types of racestack's stacks that the page lists, each with the identifier of its schema. It lists neither notebook instances
# nor lifecycle configurations.
IDENTIFIERS = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "PolicyArn",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::S3::BucketPolicy": "Bucket",
}


@dataclass(frozen=True)
class Import:
    """A resource that becomes a part of a stack."""

    logical_id: str
    type_name: str
    physical_id: str


def checked(
    stack: Stack | None,
    template: dict[str, Any],
    asked: list[dict[str, Any]],
    stacks: Iterable[Stack],
    clients: Clients,
) -> list[Import]:
    """Refuse what CloudFormation refuses; give what is imported."""
    declared = template["Resources"]
    before: dict[str, Any] = stack.template_dict if stack else {}
    present = before.get("Resources", {})
    if template.get("Outputs", {}) != before.get("Outputs", {}):
        raise ValidationError(message="As part of the import operation, you cannot modify or add [Outputs]")
    for logical_id, resource in present.items():
        if declared.get(logical_id) != resource:
            raise ValidationError(
                message=f"You have modified resources [{logical_id}] in your template that are not being imported. Update, "
                "create or delete operations cannot be executed during import operations."
            )
    wanted = {one["LogicalResourceId"]: one for one in asked}
    if not wanted:
        raise ValidationError(message="ResourcesToImport must be specified for change sets of the type IMPORT")
    missing = [one for one in declared if one not in present and one not in wanted]
    if missing:
        raise ValidationError(message=f"Resources {missing} are missing from ResourceToImport list")
    taken = {(one.cf_resource_type, one.physical_resource_id): other for other in stacks for one in _deployed(other)}
    return [_one(logical_id, one, declared, present, taken, clients) for logical_id, one in wanted.items()]


def _one(
    logical_id: str,
    asked: dict[str, Any],
    declared: dict[str, Any],
    present: dict[str, Any],
    taken: dict[tuple[str, str], Stack],
    clients: Clients,
) -> Import:
    type_name = asked["ResourceType"]
    resource = declared.get(logical_id)
    if resource is None or resource["Type"] != type_name:
        raise ValidationError(message=f"Resource [{logical_id}] of ResourcesToImport is not in the template as {type_name}")
    if logical_id in present:
        raise ValidationError(message=f"Resource [{logical_id}] already exists in the stack")
    if type_name not in IDENTIFIERS:
        raise ValidationError(message=f"The following resource types are not supported for resource import: {type_name}")
    if "DeletionPolicy" not in resource:
        raise ValidationError(message=f"Resources [{logical_id}] must have DeletionPolicy attribute specified in the template.")
    identifier = asked["ResourceIdentifier"]
    key = IDENTIFIERS[type_name]
    if set(identifier) != {key}:
        raise ValidationError(message=f"The identifiers of {type_name} are [{key}], found {sorted(identifier)}")
    value = identifier[key]
    properties = resource.get("Properties", {})
    # What refers to a resource is what that is called.
    if isinstance(properties.get(key), str) and properties[key] != value:
        raise ValidationError(message=f"{key} of [{logical_id}] is {properties[key]} in the template, and {value} in ResourcesToImport")
    if (type_name, value) in taken:
        other = taken[type_name, value].name
        raise ValidationError(message=f"Resource {value} of {type_name} already belongs to the stack {other}")
    try:
        _look(clients, type_name, value)
    except ClientError as error:
        raise ValidationError(message=f"Resource {value} of {type_name} with identifier {key} was not found") from error
    return Import(logical_id, type_name, value)


def _look(clients: Clients, type_name: str, value: str) -> None:
    """Fail where there is no such resource."""
    if type_name == "AWS::S3::Bucket":
        clients.s3.head_bucket(Bucket=value)
    elif type_name == "AWS::S3::BucketPolicy":
        clients.s3.get_bucket_policy(Bucket=value)
    elif type_name == "AWS::IAM::ManagedPolicy":
        clients.iam.get_policy(PolicyArn=value)
    else:
        RESOURCE_TYPES[type_name].attributes(clients, value)


def take_over(stack: Stack, template: dict[str, Any], imports: list[Import], clients: Clients) -> None:
    """Make resources a part of the stack, and change nothing of them: what the template says of them is believed."""
    wanted = {one.logical_id: one for one in imports}
    for one in (wanted[logical_id] for logical_id in dependency_order(template["Resources"]) if logical_id in wanted):
        definition = template["Resources"][one.logical_id]
        properties = clean_json(definition.get("Properties", {}), stack.resource_map)
        attributes = RESOURCE_TYPES[one.type_name].attributes(clients, one.physical_id)
        stack.resource_map._parsed_resources[one.logical_id] = Deployed(
            one.logical_id, one.type_name, one.physical_id, attributes, properties, properties, definition
        )


def _deployed(stack: Stack) -> list[Deployed]:
    return [one for one in stack.resource_map._parsed_resources.values() if isinstance(one, Deployed)]

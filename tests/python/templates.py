"""The generated templates as CloudFormation reads them: parsed, with every reference put in."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from moto_server import ACCOUNT_ID, REGION

Properties = dict[str, Any]
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Declared:
    """A resource as a template declares it."""

    stack: str
    logical_id: str
    type: str
    properties: Properties


class _Loader(yaml.CSafeLoader):
    """YAML 1.1 with CloudFormation's short forms."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Properties:
    value: Any
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = loader.construct_scalar(node)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def load(file: Path) -> Properties:
    """The template in a file, with the short forms written out."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)


def declared_resources(folder: Path) -> list[Declared]:
    """Every resource of an account's templates, with every reference put in."""
    found = []
    for file in sorted(folder.glob("*.yaml")):
        resources = load(file)["Resources"]
        for logical_id, resource in resources.items():
            properties = resolve(resource["Properties"], resources)
            found.append(Declared(file.stem, logical_id, resource["Type"], properties))
    return found


def resolve(value: Any, resources: dict[str, Any]) -> Any:
    """A value with its intrinsic functions evaluated, by what AWS documents of each type's `Ref` and attributes."""
    if isinstance(value, list):
        return [resolve(entry, resources) for entry in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref":
            return _referred(argument, resources)
        if function == "Fn::GetAtt":
            return _attribute(argument[0], argument[1], resources)
        if function == "Fn::Base64":
            return base64.b64encode(resolve(argument, resources).encode()).decode()
        if function.startswith("Fn::"):
            raise AssertionError(f"these tests do not cover {function}: {argument}")
    return {key: resolve(inner, resources) for key, inner in value.items()}


def _referred(name: str, resources: dict[str, Any]) -> str:
    if name in PSEUDO_PARAMETERS:
        return PSEUDO_PARAMETERS[name]
    resource = resources[name]
    properties = resource["Properties"]
    match resource["Type"]:
        case "AWS::S3::Bucket":
            return properties["BucketName"]
        case "AWS::IAM::Group":
            return properties["GroupName"]
        case "AWS::IAM::User":
            return properties["UserName"]
        case "AWS::IAM::Role":
            return properties["RoleName"]
        case "AWS::IAM::ManagedPolicy":
            return iam_arn("policy", properties.get("Path", "/"), properties["ManagedPolicyName"])
        case "AWS::SNS::Topic":
            return f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{properties['TopicName']}"
        case "AWS::SQS::Queue":
            return f"http://sqs.{REGION}.localhost/{ACCOUNT_ID}/{properties['QueueName']}"
        case "AWS::Logs::LogGroup":
            return properties["LogGroupName"]
        case "AWS::Lambda::Function":
            return properties["FunctionName"]
    raise AssertionError(f"these tests do not cover a !Ref to {resource['Type']}")


def _attribute(name: str, attribute: str, resources: dict[str, Any]) -> str:
    resource = resources[name]
    properties = resource["Properties"]
    match resource["Type"], attribute:
        case "AWS::S3::Bucket", "Arn":
            return f"arn:aws:s3:::{properties['BucketName']}"
        case "AWS::IAM::Role", "Arn":
            return iam_arn("role", properties.get("Path", "/"), properties["RoleName"])
        case "AWS::SageMaker::NotebookInstanceLifecycleConfig", "NotebookInstanceLifecycleConfigName":
            return properties["NotebookInstanceLifecycleConfigName"]
        case "AWS::Lambda::Function", "Arn":
            return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{properties['FunctionName']}"
        case "AWS::SQS::Queue", "Arn":
            return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{properties['QueueName']}"
        case "AWS::Events::Rule", "Arn":
            return f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{properties['Name']}"
    raise AssertionError(f"these tests do not cover !GetAtt {attribute} of {resource['Type']}")


def iam_arn(kind: str, path: str, name: str) -> str:
    """The ARN of an IAM resource of the account."""
    return f"arn:aws:iam::{ACCOUNT_ID}:{kind}{path}{name}"

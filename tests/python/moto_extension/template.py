"""What CloudFormation refuses in a template before it makes anything, and the order that references ask for."""

import re
from typing import Any

import yaml
from moto.cloudformation.exceptions import CloudFormationError, ValidationError

from .registry import RESOURCE_TYPES
from .secrets_resources import references

BODY_LIMIT = 51_200
DYNAMIC_REFERENCES = 60
OBJECT_LIMIT = 1_000_000
SECTIONS = {"AWSTemplateFormatVersion", "Description", "Metadata", "Resources", "Outputs"}
RESOURCE_KEYS = {"Type", "Properties", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"}
SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9:]+)(?:\.[A-Za-z0-9.]+)?}")


def check(body: str, template: dict[str, Any], capabilities: list[str]) -> None:
    """Refuse what CloudFormation refuses, and what this extension does not cover."""
    for token in yaml.scan(body, yaml.Loader):
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
            raise ValidationError(message="Template error: YAML aliases are not allowed in CloudFormation templates")
    unknown = set(template) - SECTIONS
    if unknown:
        raise ValidationError(message=f"the moto extension does not cover these sections: {sorted(unknown)}")
    for logical_id, resource in template["Resources"].items():
        _check_resource(logical_id, resource)
    dependency_order(template["Resources"])
    _check_dynamic_references(body, template["Resources"])
    check_capabilities(template["Resources"], capabilities)


def dependency_order(resources: dict[str, Any]) -> list[str]:
    """The logical IDs, each after those that it refers to."""
    ordered: list[str] = []

    def visit(logical_id: str, path: tuple[str, ...]) -> None:
        if logical_id in path:
            raise ValidationError(message=f"Circular dependency between resources: {sorted(path)}")
        if logical_id in ordered:
            return
        resource = resources[logical_id]
        depends_on = resource.get("DependsOn", [])
        needed = [depends_on] if isinstance(depends_on, str) else list(depends_on)
        for reference in needed + _references(resource.get("Properties", {})):
            if reference.startswith("AWS::"):
                continue
            if reference not in resources:
                raise ValidationError(message=f"Template format error: Unresolved resource dependencies [{reference}]")
            visit(reference, (*path, logical_id))
        ordered.append(logical_id)

    for logical_id in resources:
        visit(logical_id, ())
    return ordered


def _references(value: Any) -> list[str]:
    """The logical IDs and pseudo parameters that a value mentions."""
    if isinstance(value, list):
        return [reference for entry in value for reference in _references(entry)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, inner in value.items():
        if key == "Ref":
            found.append(inner)
        elif key == "Fn::GetAtt":
            found.append(inner[0])
        elif key == "Fn::Sub":
            found.extend(SUBSTITUTION.findall(inner if isinstance(inner, str) else inner[0]))
        else:
            found.extend(_references(inner))
    return found


def _check_resource(logical_id: str, resource: dict[str, Any]) -> None:
    if not re.fullmatch(r"[a-zA-Z0-9]{1,255}", logical_id):
        raise ValidationError(message=f"Template format error: Resource name {logical_id} is non alphanumeric.")
    unknown = set(resource) - RESOURCE_KEYS
    if unknown:
        raise ValidationError(message=f"the moto extension does not cover {sorted(unknown)} of resource {logical_id}")
    resource_type = RESOURCE_TYPES.get(resource["Type"])
    if resource_type is None:
        raise ValidationError(message=f"the moto extension does not cover the resource type {resource['Type']}")
    unknown = set(resource.get("Properties", {})) - resource_type.properties
    if unknown:
        raise ValidationError(
            message=f"the moto extension does not cover {sorted(unknown)} of {resource['Type']} ({logical_id})"
        )


def _check_dynamic_references(body: str, resources: dict[str, Any]) -> None:
    """A dynamic reference is no dependency: CloudFormation may make the resource before the secret that it refers to."""
    if body.count("{{resolve:") > DYNAMIC_REFERENCES:
        raise ValidationError(message=f"a template may have {DYNAMIC_REFERENCES} dynamic references at most")
    secrets = {
        resource.get("Properties", {}).get("Name"): logical_id
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::SecretsManager::Secret"
    }
    for logical_id, resource in resources.items():
        needed = {secrets[name] for name in references(resource.get("Properties", {})) if name in secrets}
        if not needed <= {resource.get("DependsOn")}:
            raise ValidationError(message=f"{logical_id} may be made before {sorted(needed)}, and lacks DependsOn")


def check_capabilities(resources: dict[str, Any], capabilities: list[str]) -> None:
    """IAM resources ask for a capability; those that the template names ask for the stronger one."""
    iam = [resource for resource in resources.values() if resource["Type"].startswith("AWS::IAM::")]
    names = [RESOURCE_TYPES[resource["Type"]].name_property for resource in iam]
    named = any(name in resource.get("Properties", {}) for name, resource in zip(names, iam, strict=True))
    if named and "CAPABILITY_NAMED_IAM" not in capabilities:
        raise _insufficient("CAPABILITY_NAMED_IAM")
    if iam and not {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} & set(capabilities):
        raise _insufficient("CAPABILITY_IAM")


def _insufficient(capability: str) -> CloudFormationError:
    return CloudFormationError("InsufficientCapabilitiesException", f"Requires capabilities : [{capability}]")

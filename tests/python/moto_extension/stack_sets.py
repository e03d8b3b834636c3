"""What CloudFormation refuses of a StackSet, and moto does not look at. No stacks are made of one."""

import functools
import re
from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import StackInstanceNotFound, ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.responses import CloudFormationResponse

from . import template

ACCOUNT_ID = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


def extend() -> None:
    """Put this module's behaviour into moto."""
    for name in ("create_stack_set", "update_stack_set"):
        setattr(CloudFormationResponse, name, _checked_stack_set(getattr(CloudFormationResponse, name)))
    for name in ("create_stack_instances", "update_stack_instances"):
        setattr(CloudFormationResponse, name, _checked_instances(getattr(CloudFormationResponse, name)))
    CloudFormationBackend.describe_stack_instance = _described_instance(CloudFormationBackend.describe_stack_instance)


def _checked_stack_set(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def checked(response: CloudFormationResponse) -> Any:
        body = response._get_param("TemplateBody")
        if len(body.encode()) > template.BODY_LIMIT:
            raise ValidationError(message=f"Member must have length less than or equal to {template.BODY_LIMIT}")
        if original.__name__ == "create_stack_set" and response._get_param("PermissionModel") != "SELF_MANAGED":
            raise ValidationError(message="the moto extension covers self-managed permissions only")
        parsed = Stack.parse_template(body)
        template.check_capabilities(parsed["Resources"], response._get_param("Capabilities", []))
        declared = parsed.get("Parameters", {})
        required = {name for name, parameter in declared.items() if "Default" not in parameter}
        given = _names(response, "Parameters")
        if required - given:
            raise ValidationError(message=f"Parameters: {sorted(required - given)} must have values")
        _refuse_unknown(given, set(declared))
        return original(response)

    return checked


def _checked_instances(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def checked(response: CloudFormationResponse) -> Any:
        stack_set = response.cloudformation_backend.describe_stack_set(response._get_param("StackSetName"))
        _refuse_unknown(_names(response, "ParameterOverrides"), set(stack_set.parameters))
        for key, pattern in (("Accounts", ACCOUNT_ID), ("Regions", REGION)):
            targets = response._get_param(key, [])
            if not targets or not all(pattern.fullmatch(target) for target in targets):
                raise ValidationError(message=f"{key} {targets} failed to satisfy constraint")
        return original(response)

    return checked


def _described_instance(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def checked(backend: CloudFormationBackend, name: str, account: str, region: str) -> Any:
        if backend.describe_stack_set(name).instances.get_instance(account, region) is None:
            raise StackInstanceNotFound
        return original(backend, name, account, region)

    return checked


def _names(response: CloudFormationResponse, key: str) -> set[str]:
    return {parameter["ParameterKey"] for parameter in response._get_param(key, [])}


def _refuse_unknown(given: set[str], declared: set[str]) -> None:
    if given - declared:
        raise ValidationError(message=f"Parameters: {sorted(given - declared)} do not exist in the template")

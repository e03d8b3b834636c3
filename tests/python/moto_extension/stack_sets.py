"""What CloudFormation refuses of a StackSet, and moto does not look at. No stacks are made of one."""

import functools
import re
from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.responses import CloudFormationResponse

from . import template

ACCOUNT_ID = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


def extend() -> None:
    """Put this module's behaviour into moto."""
    CloudFormationResponse.create_stack_set = _checked_stack_set(CloudFormationResponse.create_stack_set)
    CloudFormationResponse.create_stack_instances = _checked_instances(CloudFormationResponse.create_stack_instances)


def _checked_stack_set(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_stack_set(response: CloudFormationResponse) -> Any:
        body = response._get_param("TemplateBody")
        if len(body.encode()) > template.BODY_LIMIT:
            raise ValidationError(message=f"Member must have length less than or equal to {template.BODY_LIMIT}")
        if response._get_param("PermissionModel") != "SELF_MANAGED":
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

    return create_stack_set


def _checked_instances(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_stack_instances(response: CloudFormationResponse) -> Any:
        stack_set = response.cloudformation_backend.describe_stack_set(response._get_param("StackSetName"))
        _refuse_unknown(_names(response, "ParameterOverrides"), set(stack_set.parameters))
        for key, pattern in (("Accounts", ACCOUNT_ID), ("Regions", REGION)):
            targets = response._get_param(key, [])
            if not targets or not all(pattern.fullmatch(target) for target in targets):
                raise ValidationError(message=f"{key} {targets} failed to satisfy constraint")
        return original(response)

    return create_stack_instances


def _names(response: CloudFormationResponse, key: str) -> set[str]:
    return {parameter["ParameterKey"] for parameter in response._get_param(key, [])}


def _refuse_unknown(given: set[str], declared: set[str]) -> None:
    if given - declared:
        raise ValidationError(message=f"Parameters: {sorted(given - declared)} do not exist in the template")

"""CloudFormation's stacks and change sets, in place of moto's: what they refuse, what they deploy, how they fail.

Only change sets make and update stacks here, since that is what `aws cloudformation deploy` uses.
"""

import functools
import os
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlparse

from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.models import Change, ChangeSet, CloudFormationBackend, Event, Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.s3.models import s3_backends

from moto.core.responses import ActionResult

from . import engine, imports, template
from .clients import Clients, clients

RESOURCES_A_PAGE = 100

# The server has a thread for each request, and of two change sets of a stack CloudFormation makes or executes one at a time.
# What deploys asks this very server, so the lock is not held then.
_ONE_AT_A_TIME = threading.Lock()


def extend() -> None:
    """Put this module's behaviour into moto."""
    CloudFormationResponse.create_change_set = _checked_change_set(CloudFormationResponse.create_change_set)
    CloudFormationResponse.create_stack = _only_change_sets
    CloudFormationResponse._get_stack_from_s3_url = _template_in_bucket
    CloudFormationResponse.update_stack = _only_change_sets
    CloudFormationResponse.list_stack_resources = _list_stack_resources
    CloudFormationBackend.create_change_set = _empty_change_sets_fail(CloudFormationBackend.create_change_set)
    CloudFormationBackend.execute_change_set = _execute_change_set
    CloudFormationBackend.describe_change_set = _missing_change_sets_are_not_found(
        CloudFormationBackend.describe_change_set
    )
    CloudFormationBackend.delete_change_set = _delete_change_set
    CloudFormationBackend.delete_stack = _delete_stack


def _one_at_a_time(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def locked(*positional: Any, **named: Any) -> Any:
        with _ONE_AT_A_TIME:
            return original(*positional, **named)

    return locked


def _only_change_sets(_response: CloudFormationResponse) -> None:
    raise ValidationError(message="the moto extension makes and updates stacks by change sets only")


def _list_stack_resources(response: CloudFormationResponse) -> ActionResult:
    """moto gives all resources at once, and calls each made at its stack's creation."""
    stack = response.cloudformation_backend.get_stack(response._get_param("StackName"))
    start = int(response._get_param("NextToken") or 0)
    resources = [one for one in stack.stack_resources if isinstance(one, engine.Deployed)]
    result: dict[str, Any] = {
        "StackResourceSummaries": [
            {
                "ResourceStatus": "CREATE_COMPLETE",
                "LogicalResourceId": resource.logical_resource_id,
                "LastUpdatedTimestamp": stack.creation_time,
                "PhysicalResourceId": resource.physical_resource_id,
                "ResourceType": resource.cf_resource_type,
            }
            for resource in resources[start : start + RESOURCES_A_PAGE]
        ]
    }
    if start + RESOURCES_A_PAGE < len(resources):
        result["NextToken"] = str(start + RESOURCES_A_PAGE)
    return ActionResult(result)


def _checked_change_set(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto looks at neither the size of a template nor the capabilities."""

    @functools.wraps(original)
    def create_change_set(response: CloudFormationResponse) -> Any:
        url, body = response._get_param("TemplateURL"), response._get_param("TemplateBody")
        if url:
            body = response._get_stack_from_s3_url(url)
            if len(body.encode()) > template.OBJECT_LIMIT:
                raise ValidationError(message=f"Template may not exceed {template.OBJECT_LIMIT} bytes in size.")
        elif len(body.encode()) > template.BODY_LIMIT:
            raise ValidationError(
                message="1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {template.BODY_LIMIT}"
            )
        parsed = Stack.parse_template(body)
        template.check(body, parsed, response._get_param("Capabilities", []))
        asked = response._get_param("ResourcesToImport", [])
        if response._get_param("ChangeSetType") != "IMPORT":
            if asked:
                raise ValidationError(message="ResourcesToImport can only be specified for change sets of the type IMPORT")
            return original(response)
        backend, name = response.cloudformation_backend, response._get_param("StackName")
        known = [stack for stack in backend.stacks.values() if stack.status != "REVIEW_IN_PROGRESS"]
        stack = next((stack for stack in known if stack.name == name), None)
        importing = imports.checked(stack, parsed, asked, known, _clients(backend))
        result = original(response)
        change_set = next(reversed(backend.change_sets.values()))
        change_set.imports = importing
        change_set.changes = [_import_change(one) for one in importing]
        return result

    return create_change_set


def _import_change(one: imports.Import) -> Change:
    change = Change(action="Import", logical_resource_id=one.logical_id, resource_type=one.type_name)
    change.physical_resource_id = one.physical_id
    return change


def _empty_change_sets_fail(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto compares whole templates, and no tags; CloudFormation compares what it would deploy."""

    @functools.wraps(original)
    @_one_at_a_time
    def create_change_set(backend: CloudFormationBackend, **parameters: Any) -> tuple[str, str]:
        name, kind = parameters["stack_name"], parameters["change_set_type"]
        for stack in backend.stacks.values():
            if stack.name != name or stack.status == "REVIEW_IN_PROGRESS":
                continue
            if stack.status in ("ROLLBACK_COMPLETE", "DELETE_FAILED") or stack.status.endswith("_IN_PROGRESS"):
                raise ValidationError(
                    message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
                )
            if kind == "CREATE":
                change_set = parameters["change_set_name"]
                raise ValidationError(message=f"Stack [{name}] already exists and cannot be created with the changeSet [{change_set}].")
        # To moto, one that is only reviewed yet is another stack than the next of that name.
        for stack_id, stack in list(backend.stacks.items()):
            if stack.name == name and stack.status == "REVIEW_IN_PROGRESS":
                del backend.stacks[stack_id]
        # moto makes a stack anew for whatever is no update.
        if kind == "IMPORT" and any(stack.name == name for stack in backend.stacks.values()):
            parameters["change_set_type"] = "UPDATE"
        change_set_id, stack_id = original(backend, **parameters)
        change_set = backend.change_sets[change_set_id]
        change_set.change_set_type = kind
        empty = change_set.change_set_type == "UPDATE" and not _changes_anything(change_set)
        change_set.status = "FAILED" if empty else "CREATE_COMPLETE"
        change_set.execution_status = "UNAVAILABLE" if empty else "AVAILABLE"
        change_set.status_reason = (
            "The submitted information didn't contain changes. Submit different information to create a change set."
            if empty
            else None
        )
        return change_set_id, stack_id

    return create_change_set


def _changes_anything(change_set: ChangeSet) -> bool:
    stack = change_set.stack
    sections = ("Resources", "Outputs")
    same = all(stack.template_dict.get(key) == change_set.template_dict.get(key) for key in sections)
    return not same or (change_set.tags or {}) != stack.tags


def _template_in_bucket(response: CloudFormationResponse, url: str) -> str:
    """moto takes the host's name for the bucket's; a server without names of its own has the bucket in the path."""
    bucket, key = urlparse(url).path.removeprefix("/").split("/", 1)
    return s3_backends[response.current_account][response.partition].get_object(bucket, key).value.decode()


def _missing_change_sets_are_not_found(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto says that there is no such stack."""

    @functools.wraps(original)
    def describe_change_set(backend: CloudFormationBackend, change_set_name: str) -> ChangeSet:
        try:
            return original(backend, change_set_name)
        except ValidationError:
            message = f"ChangeSet [{change_set_name}] does not exist"
            raise CloudFormationError("ChangeSetNotFound", message) from None

    return describe_change_set


def _delete_change_set(backend: CloudFormationBackend, change_set_name: str) -> None:
    """moto answers a change set that is not there with HTTP 500; to CloudFormation it is deleted."""
    for arn, change_set in list(backend.change_sets.items()):
        if change_set_name in (arn, change_set.change_set_name):
            del backend.change_sets[arn]


@_one_at_a_time
def _chosen(backend: CloudFormationBackend, change_set_name: str, stack_name: str | None) -> ChangeSet:
    """The change set, which from now on is the one that its stack is deployed from."""
    change_set = backend.describe_change_set(change_set_name)
    if change_set.execution_status != "AVAILABLE":
        raise ValidationError(message=f"ChangeSet [{change_set_name}] of {stack_name} cannot be executed")
    stack = change_set.stack
    verb = change_set.change_set_type
    # All other change sets of the stack are deleted, and with them what they would have created.
    # Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
    for arn, other in list(backend.change_sets.items()):
        if other.stack.name == stack.name and other is not change_set:
            del backend.change_sets[arn]
    for stack_id, other in list(backend.stacks.items()):
        if other.name == stack.name and other is not stack:
            del backend.stacks[stack_id]
    backend.stacks[stack.stack_id] = stack
    stack.status = f"{verb}_IN_PROGRESS"
    stack._add_stack_event(f"{verb}_IN_PROGRESS", resource_status_reason="User Initiated")
    change_set.execution_status = "EXECUTE_COMPLETE"
    return change_set


def _execute_change_set(backend: CloudFormationBackend, change_set_name: str, stack_name: str | None = None) -> None:
    """moto deletes before it creates, answers a failing resource with HTTP 500 and never rolls back."""
    change_set = _chosen(backend, change_set_name, stack_name)
    stack = change_set.stack
    verb = change_set.change_set_type
    try:
        if verb == "IMPORT":
            imports.take_over(stack, change_set.template_dict, change_set.imports, _clients(backend))
            left = []
        else:
            left = engine.deploy(stack.resource_map, change_set.template_dict, _clients(backend))
    except engine.RolledBack as rolled_back:
        change_set.execution_status = "EXECUTE_FAILED"
        _add_failure(stack, rolled_back.failure, f"{verb}_FAILED")
        stack.status = "ROLLBACK_COMPLETE" if verb == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
        stack._add_stack_event(stack.status)
        return
    for failure in left:
        _add_failure(stack, failure, "DELETE_FAILED")
    stack.template = change_set.template
    stack.template_dict = change_set.template_dict
    stack.tags = change_set.tags or {}
    stack.resource_map._template = change_set.template_dict
    stack.resource_map._resource_json_map = change_set.template_dict["Resources"]
    stack.output_map = stack._create_output_map()
    stack.status = f"{verb}_COMPLETE"
    stack._add_stack_event(stack.status)


def _delete_stack(backend: CloudFormationBackend, name_or_stack_id: str) -> None:
    """moto answers a resource that cannot be deleted with HTTP 500."""
    for stack in list(backend.stacks.values()):
        if name_or_stack_id not in (stack.name, stack.stack_id):
            continue
        stack._add_stack_event("DELETE_IN_PROGRESS", resource_status_reason="User Initiated")
        failures = engine.delete(stack.resource_map, _clients(backend))
        for failure in failures:
            _add_failure(stack, failure, "DELETE_FAILED")
        stack.status = "DELETE_FAILED" if failures else "DELETE_COMPLETE"
        stack._add_stack_event(stack.status)
        if not failures:
            backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)


def _add_failure(stack: Stack, failure: engine.Failure, status: str) -> None:
    stack.events.append(
        Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=failure.logical_id,
            physical_resource_id="",
            resource_type=failure.type_name,
            resource_status=status,
            resource_status_reason=failure.reason,
            resource_properties=None,
        )
    )


def _clients(backend: CloudFormationBackend) -> Clients:
    """The resources are made in the one account that the server stands for."""
    if backend.account_id != os.environ["MOTO_ACCOUNT_ID"]:
        raise ValidationError(message=f"the moto extension deploys no stacks to {backend.account_id}")
    return clients(backend.region_name)

"""How a stack's resources become those that a template declares: create, update, replace, clean up, roll back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json

from .clients import Clients, missing_is_fine
from .registry import RESOURCE_TYPES
from .resource_type import Properties, ResourceType
from .secrets_resources import resolve
from .template import dependency_order


@dataclass(frozen=True)
class Deployed:
    """A resource that exists. The names are those by which moto lists resources and resolves `Ref` and `Fn::GetAtt`.

    `properties` have the dynamic references, by which CloudFormation tells what changed; `resolved` what they were when
    the resource was last made or changed.
    """

    logical_resource_id: str
    cf_resource_type: str
    physical_resource_id: str
    attributes: dict[str, str]
    properties: Properties
    resolved: Properties
    definition: dict[str, Any]

    @property
    def type(self) -> ResourceType:
        """How resources of this kind come, change and go."""
        return RESOURCE_TYPES[self.cf_resource_type]

    def get_cfn_attribute(self, name: str) -> str:
        """The value of `Fn::GetAtt`."""
        if name not in self.attributes:
            raise ValidationError(
                message=f"Template error: resource {self.logical_resource_id} does not support attribute type {name}"
            )
        return self.attributes[name]

    def delete(self, clients: Clients) -> None:
        """Delete what the resource stands for."""
        with missing_is_fine():
            self.type.delete(clients, self.physical_resource_id, self.properties)


@dataclass(frozen=True)
class Failure:
    """A resource that could not be made, changed or deleted, and why."""

    logical_id: str
    type_name: str
    reason: str


class RolledBack(Exception):
    """A resource failed, and everything before it was put back."""

    def __init__(self, failure: Failure):
        super().__init__(failure.reason)
        self.failure = failure


class NamedReplacement(Exception):
    """A change that needs a new resource under a name that the old one still holds."""


@dataclass(frozen=True)
class Deployment:
    """One run over a stack: what exists by now, and the steps that would put it back."""

    deployed: dict[str, Any]
    resources: ResourceMap
    clients: Clients
    undo: list[Callable[[], None]]


def deploy(resources: ResourceMap, template: dict[str, Any], clients: Clients) -> list[Failure]:
    """Make the stack's resources those of the template. Returns what the clean-up had to leave behind.

    As in CloudFormation, resources that left the template go last, and one that cannot be deleted does not fail the
    stack.
    """
    present = _deployed(resources)
    declared = template["Resources"]
    deployment = Deployment(resources._parsed_resources, resources, clients, [])
    replaced: list[Deployed] = []
    for logical_id in dependency_order(declared):
        try:
            old = _settle(deployment, logical_id, declared[logical_id])
        except Exception as error:  # Whatever a service answers fails the resource.
            for step in reversed(deployment.undo):
                step()
            raise RolledBack(Failure(logical_id, declared[logical_id]["Type"], str(error))) from error
        if old is not None and old.definition.get("UpdateReplacePolicy") != "Retain":
            replaced.append(old)
    removed = {logical_id: old.definition for logical_id, old in present.items() if logical_id not in declared}
    for logical_id in removed:
        del deployment.deployed[logical_id]
    leaving = [present[logical_id] for logical_id in _removal_order(present) if logical_id in removed]
    return _delete_all(replaced + [old for old in leaving if not _retained(old)], clients)


def delete(resources: ResourceMap, clients: Clients) -> list[Failure]:
    """Delete the stack's resources, except those to retain. Returns those that could not be deleted."""
    present = _deployed(resources)
    return _delete_all([present[key] for key in _removal_order(present) if not _retained(present[key])], clients)


def _settle(deployment: Deployment, logical_id: str, definition: dict[str, Any]) -> Deployed | None:
    """Create or update one resource. Returns the resource that it replaced, if it did."""
    deployed, clients = deployment.deployed, deployment.clients
    old = deployed.get(logical_id)
    resource_type = RESOURCE_TYPES[definition["Type"]]
    properties = clean_json(definition.get("Properties", {}), deployment.resources)
    if old is None:
        _create(deployment, logical_id, definition, properties)
        return None
    deployment.undo.append(lambda: deployed.__setitem__(logical_id, old))
    changed = {key for key in old.properties | properties if old.properties.get(key) != properties.get(key)}
    if old.cf_resource_type != resource_type.name or changed & resource_type.create_only:
        if resource_type.name_property and resource_type.name_property not in changed:
            raise NamedReplacement(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {old.physical_resource_id} and update the stack again."
            )
        _create(deployment, logical_id, definition, properties)
        return old
    resolved = old.resolved
    if changed:
        physical_id = old.physical_resource_id
        resolved = resolve(clients, properties)
        deployment.undo.append(lambda: resource_type.update(clients, physical_id, resolved, old.resolved))
        resource_type.update(clients, physical_id, old.resolved, resolved)
    attributes = resource_type.attributes(clients, old.physical_resource_id)
    deployed[logical_id] = replace(
        old, attributes=attributes, properties=properties, resolved=resolved, definition=definition
    )
    return None


def _create(deployment: Deployment, logical_id: str, definition: dict[str, Any], properties: Properties) -> None:
    resource_type = RESOURCE_TYPES[definition["Type"]]
    if resource_type.name_property and resource_type.name_property not in properties:
        raise ValidationError(message=f"the moto extension makes no names: {logical_id} has none")
    clients = deployment.clients
    resolved = resolve(clients, properties)
    physical_id = resource_type.create(clients, resolved)
    made = Deployed(logical_id, resource_type.name, physical_id, {}, properties, resolved, definition)

    def take_back() -> None:
        deployment.deployed.pop(logical_id, None)
        # `RetainExceptOnCreate` is for what outlives its own creation.
        if made.definition.get("DeletionPolicy") != "Retain":
            made.delete(clients)

    deployment.undo.append(take_back)
    resource_type.update(clients, physical_id, {}, resolved)
    attributes = resource_type.attributes(clients, physical_id)
    deployment.deployed[logical_id] = replace(made, attributes=attributes)


def _deployed(resources: ResourceMap) -> dict[str, Deployed]:
    """The stack's resources, without the pseudo parameters that moto keeps among them."""
    return {key: value for key, value in resources._parsed_resources.items() if isinstance(value, Deployed)}


def _removal_order(present: dict[str, Deployed]) -> list[str]:
    return dependency_order({key: old.definition for key, old in present.items()})[::-1]


def _retained(resource: Deployed) -> bool:
    return resource.definition.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")


def _delete_all(leaving: list[Deployed], clients: Clients) -> list[Failure]:
    failures = []
    for resource in leaving:
        try:
            resource.delete(clients)
        except Exception as error:  # Whatever a service answers keeps the resource.
            failures.append(Failure(resource.logical_resource_id, resource.cf_resource_type, str(error)))
    return failures

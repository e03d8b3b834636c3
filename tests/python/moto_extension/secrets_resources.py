"""AWS::SecretsManager::Secret, through Secrets Manager's API, and the dynamic references to secrets."""

import json
import re
from typing import Any

from .clients import Clients
from .resource_type import Properties, ResourceType, tags_gone

REFERENCE = re.compile(r"\{\{resolve:secretsmanager:(?P<secret>[^:{}]+):SecretString:(?P<key>[^:{}]+)}}")


def references(value: Any) -> list[str]:
    """The names of the secrets that a value refers to."""
    if isinstance(value, list):
        return [name for entry in value for name in references(entry)]
    if isinstance(value, dict):
        return [name for entry in value.values() for name in references(entry)]
    return [found["secret"] for found in REFERENCE.finditer(value)] if isinstance(value, str) else []


def resolve(clients: Clients, value: Any) -> Any:
    """A value with the secrets that it refers to put in."""
    if isinstance(value, list):
        return [resolve(clients, entry) for entry in value]
    if isinstance(value, dict):
        return {key: resolve(clients, entry) for key, entry in value.items()}
    if not isinstance(value, str) or "{{resolve:" not in value:
        return value
    found = REFERENCE.fullmatch(value)
    if found is None:
        raise ValueError(f"the moto extension does not cover the dynamic reference {value}")
    secret = clients.secretsmanager.get_secret_value(SecretId=found["secret"])["SecretString"]
    return json.loads(secret)[found["key"]]


def _generated(clients: Clients, properties: Properties) -> str:
    how = properties["GenerateSecretString"]
    kinds = ("PasswordLength", "ExcludeCharacters", "RequireEachIncludedType")
    password = clients.secretsmanager.get_random_password(**{key: how[key] for key in kinds if key in how})
    return json.dumps(json.loads(how["SecretStringTemplate"]) | {how["GenerateStringKey"]: password["RandomPassword"]})


def _create(clients: Clients, properties: Properties) -> str:
    made = clients.secretsmanager.create_secret(
        Name=properties["Name"], SecretString=_generated(clients, properties), Tags=properties.get("Tags", [])
    )
    return made["ARN"]


def _update(clients: Clients, arn: str, old: Properties, new: Properties) -> None:
    """CloudFormation makes a new value when the way to make it changes, and at no other time."""
    if not old:
        return
    if new["GenerateSecretString"] != old["GenerateSecretString"]:
        clients.secretsmanager.put_secret_value(SecretId=arn, SecretString=_generated(clients, new))
    removed = tags_gone(old, new)
    if removed:
        clients.secretsmanager.untag_resource(SecretId=arn, TagKeys=removed)
    if new.get("Tags") and new["Tags"] != old.get("Tags"):
        clients.secretsmanager.tag_resource(SecretId=arn, Tags=new["Tags"])


def _delete(clients: Clients, arn: str, _properties: Properties) -> None:
    """CloudFormation deletes a secret without a recovery window, so that its name is free again."""
    clients.secretsmanager.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


SECRET = ResourceType(
    name="AWS::SecretsManager::Secret",
    name_property="Name",
    properties=frozenset({"GenerateSecretString", "Name", "Tags"}),
    create=_create,
    update=_update,
    delete=_delete,
    attributes=lambda _, arn: {"Id": arn},
)

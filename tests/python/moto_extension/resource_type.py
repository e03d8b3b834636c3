"""What a resource type is to the engine, and the differences that its updates are made of."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cfnlint

from .clients import Clients

Properties = dict[str, Any]


@dataclass(frozen=True)
class ResourceType:
    """How resources of one type come, change and go. A property that is not listed here fails the stack.

    `create` makes the bare resource and returns what `Ref` yields; `update` is then called with no old properties, so
    that one function settles everything that can change later. `attributes` are what `Fn::GetAtt` yields.
    """

    name: str
    properties: frozenset[str]
    create: Callable[[Clients, Properties], str]
    update: Callable[[Clients, str, Properties, Properties], None]
    delete: Callable[[Clients, str, Properties], None]
    attributes: Callable[[Clients, str], dict[str, str]]
    name_property: str | None = None

    @property
    def create_only(self) -> frozenset[str]:
        """The properties whose change replaces the resource, from the schemas that AWS publishes."""
        pointers = _schema(self.name).get("createOnlyProperties", [])
        return frozenset(pointer.removeprefix("/properties/") for pointer in pointers)


def as_json(document: Any) -> str:
    """A policy document as IAM and S3 take it."""
    return json.dumps(document, ensure_ascii=False)


def gone(old: list[Any], new: list[Any]) -> list[Any]:
    """What is in `old` and not in `new`."""
    return [entry for entry in old if entry not in new]


def tags_gone(old: Properties, new: Properties) -> list[str]:
    """The keys of the tags that a change takes away."""
    kept = {tag["Key"] for tag in new.get("Tags", [])}
    return [tag["Key"] for tag in old.get("Tags", []) if tag["Key"] not in kept]


@functools.lru_cache
def _schema(type_name: str) -> dict[str, Any]:
    """The resource schema that cfn-lint ships."""
    schemas = Path(cfnlint.__file__).parent / "data" / "schemas"
    index = json.loads((schemas / "providers" / "us-east-1.json").read_text())
    return json.loads((schemas / "resources" / f"{index[type_name]}.json").read_text())

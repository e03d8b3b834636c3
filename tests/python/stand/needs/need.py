"""What AWS authorizes a call by."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..callers import Caller

REGION = "ap-northeast-1"

Parameters = dict[str, Any]
Context = dict[str, str | list[str]]


@dataclass(frozen=True)
class Need:
    """An action upon a resource, with the condition keys that AWS sends along."""

    action: str
    resource: str = "*"
    context: Context = field(default_factory=dict)
    # The policy of the resource itself, where it has one.
    resource_policy: dict[str, Any] | None = None


# How the needs of an operation follow from its parameters and from whoever calls.
Mapping = Callable[[Parameters, Caller], list[Need]]


def tags_of_request(tags: list[dict[str, str]] | None) -> Context:
    """The condition keys of the tags in a request."""
    if not tags:
        return {}
    values = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    return values | {"aws:TagKeys": [tag["Key"] for tag in tags]}


def without_resource(service: str, *operations: str) -> dict[str, Mapping]:
    """Operations, each authorized by the action of its name upon `*`."""

    def mapping(operation: str) -> Mapping:
        return lambda _parameters, _caller: [Need(f"{service}:{operation}")]

    return {operation: mapping(operation) for operation in operations}

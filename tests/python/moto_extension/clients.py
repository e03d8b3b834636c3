"""The clients through which resources are made: boto3, speaking to this very server."""

import contextlib
import functools
import os
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import regex
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape

# How the services say that something does not exist.
MISSING = {
    "NoSuchEntity",
    "NotFoundException",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NotFound",
    "ResourceNotFound",
    "ResourceNotFoundException",
}

_endpoint: list[str] = []


# By the names that the extension has for them.
SERVICES = {
    "iam": "iam",
    "s3": "s3",
    "sagemaker": "sagemaker",
    "secretsmanager": "secretsmanager",
    "awslambda": "lambda",
    "events": "events",
    "logs": "logs",
    "sns": "sns",
    "sqs": "sqs",
    "budgets": "budgets",
}


class Clients:
    """The services of one account in one region. Each client is made when it is asked for first: to make one takes a while, and most
    accounts have resources of three services."""

    def __init__(self, account_id: str, region: str):
        self.account_id, self.region = account_id, region
        self._session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region)
        # Two may ask at once, and a session makes one client at a time.
        self._making = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        if name not in SERVICES:
            raise AttributeError(name)
        with self._making:
            if name not in self.__dict__:
                config = Config(proxies={}, retries={"total_max_attempts": 1})
                made = self._session.client(SERVICES[name], endpoint_url=_endpoint[0], config=config)
                made.meta.events.register("provide-client-params", _check_input)
                self.__dict__[name] = made
        return self.__dict__[name]


class InvalidInput(Exception):
    """A value that the service's own model forbids."""


def serve_from(port: int) -> None:
    """Tell the clients where this server listens."""
    _endpoint[:] = [f"http://127.0.0.1:{port}"]


@functools.lru_cache
def clients(region: str) -> Clients:
    """Clients of the account that the server stands for (`MOTO_ACCOUNT_ID`)."""
    return Clients(os.environ["MOTO_ACCOUNT_ID"], region)


@contextlib.contextmanager
def missing_is_fine() -> Iterator[None]:
    """What CloudFormation means to take away may be gone already."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise


def _check_input(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
    """Hold patterns, lengths and enumerations, which AWS checks and moto and boto3 mostly do not."""
    if model.input_shape is not None:
        _check(model.name, model.input_shape, params)


def _check(place: str, shape: Shape, value: Any) -> None:
    if shape.type_name == "structure":
        for name, member in value.items():
            if name in shape.members:
                _check(f"{place}.{name}", shape.members[name], member)
    elif shape.type_name == "list":
        _check_size(place, shape, len(value), value)
        for index, member in enumerate(value):
            _check(f"{place}[{index}]", shape.member, member)
    elif shape.type_name == "string":
        _check_size(place, shape, len(value), value)
        pattern = shape.metadata.get("pattern")
        if pattern and not regex.fullmatch(pattern, value):
            raise InvalidInput(f"{place}: {value!r} must satisfy regular expression pattern: {pattern}")
        if shape.enum and value not in shape.enum:
            raise InvalidInput(f"{place}: {value!r} must satisfy enum value set: {shape.enum}")
    elif shape.type_name in ("integer", "long"):
        _check_size(place, shape, value, value)


def _check_size(place: str, shape: Shape, size: int, value: Any) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        raise InvalidInput(f"{place}: {value!r} must be between {least} and {most} in length or size")

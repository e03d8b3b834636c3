"""What a request calls, read by the models of the services."""

import re
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationNotFoundError
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

# The scope of a signature, in the header or in a presigned address: key, day, region, service.
SCOPE = re.compile(r"(?P<key>[^/=,\s]+)/\d{8}/[^/]+/(?P<service>[^/]+)/aws4_request")
# Services that sign with another name than their model's.
MODELS = {"monitoring": "cloudwatch"}
# SageMaker's metrics are a service of their own, which signs as SageMaker.
METRICS_PATHS = ("/BatchGetMetrics", "/BatchPutMetrics")
# What a query string holds beside the operation's own parameters: a signature, and what some SDKs repeat.
SIGNING = re.compile(r"X-Amz-(?:Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token)", re.IGNORECASE)
OLD_SIGNING = {"AWSAccessKeyId", "Signature", "Expires", "x-amz-security-token"}
REPEATED = {"x-id"}


@dataclass(frozen=True)
class Call:
    """A call of an operation. Without an access key, nobody signed it."""

    service: str
    operation: str
    protocol: str
    parameters: dict[str, Any]
    access_key: str | None

    @property
    def name(self) -> str:
        """The operation with its service, such as `s3:GetObject`."""
        return f"{self.service}:{self.operation}"


class Unreadable(Exception):
    """A request that is no call of an operation that its service's model has."""


def read(request: Request) -> Call:
    """The call that a request makes."""
    signed = request.headers.get("Authorization") or request.args.get("X-Amz-Credential") or ""
    scope = SCOPE.search(signed)
    service, key = (scope["service"], scope["key"]) if scope else ("s3", request.args.get("AWSAccessKeyId"))
    if signed and not scope:
        raise Unreadable(f"signed in a way that the stand does not know: {signed}")
    service = MODELS.get(service, service)
    if service == "sagemaker" and request.path in METRICS_PATHS:
        service = "sagemaker-metrics"
    model = get_service_model(service)
    try:
        operation, path_parameters = get_service_router(service).match(request)
        protocol = determine_request_protocol(model, request.content_type)
    except (HTTPException, OperationNotFoundError, NotImplementedError, KeyError) as error:
        raise Unreadable(f"{request.method} {request.full_path} is no operation of {service}: {error}") from error
    parameters = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": path_parameters,
        }
    )
    if protocol.startswith("rest"):
        _require_known_query(request, operation)
    present = {name: value for name, value in parameters.items() if value is not None}
    return Call(service, operation.name, protocol, present, key)


def _require_known_query(request: Request, operation: Any) -> None:
    """A part of an address that the operation's model does not name may make it another operation."""
    uri_query = operation.http["requestUri"].partition("?")[2]
    known = {part.partition("=")[0] for part in uri_query.split("&")}
    shape = operation.input_shape
    members = shape.members.values() if shape else ()
    known |= {
        member.serialization["name"] for member in members if member.serialization.get("location") == "querystring"
    }
    strange = [
        name
        for name in request.args
        if name not in known | OLD_SIGNING | REPEATED and not SIGNING.fullmatch(name)
    ]
    if strange:
        raise Unreadable(f"{operation.name} has no parameters {strange}")

"""How the services say that a call is refused: error codes, HTTP status and the body of each protocol."""

import json
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from .calls import Call

REQUEST_ID = "00000000-0000-0000-0000-000000000000"
JSON_TYPE = "application/x-amz-json-1.1"

# What a service calls a refusal: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html,
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
DENIED_CODES = {"rest-xml": "AccessDenied", "query": "AccessDenied", "ec2": "UnauthorizedOperation"}
DENIED_CODE_IN_JSON = "AccessDeniedException"
UNKNOWN_KEY_CODES = {"rest-xml": "InvalidAccessKeyId", "query": "InvalidClientTokenId", "ec2": "AuthFailure"}
UNKNOWN_KEY_CODE_IN_JSON = "UnrecognizedClientException"


def denied(call: Call, message: str) -> Response:
    """The answer to a call that is not authorized."""
    return _error(call, DENIED_CODES.get(call.protocol, DENIED_CODE_IN_JSON), message)


def unknown_key(call: Call) -> Response:
    """The answer to a call that is signed with a key that does not exist or is switched off."""
    message = "The security token included in the request is invalid."
    return _error(call, UNKNOWN_KEY_CODES.get(call.protocol, UNKNOWN_KEY_CODE_IN_JSON), message)


def unmapped(reason: str) -> Response:
    """The answer to a request that the stand does not know: none that any service gives."""
    return Response(f"the stand refuses what it does not know: {reason}\n", status=403, content_type="text/plain")


def object_errors(keys: list[str]) -> str:
    """The elements with which the answer of DeleteObjects names the keys that may not be deleted."""
    why = "<Code>AccessDenied</Code><Message>Access Denied</Message>"
    return "".join(f"<Error><Key>{escape(key)}</Key>{why}</Error>" for key in keys)


def deletion(objects: list[dict[str, str]]) -> bytes:
    """The body of a request that deletes these objects."""
    named = "".join(
        f"<Object>{''.join(f'<{name}>{escape(value)}</{name}>' for name, value in each.items())}</Object>"
        for each in objects
    )
    return f"<Delete>{named}</Delete>".encode()


def _error(call: Call, code: str, message: str) -> Response:
    text = escape(message)
    if call.protocol == "rest-xml":
        body = f"<Error><Code>{code}</Code><Message>{text}</Message><RequestId>{REQUEST_ID}</RequestId></Error>"
        # A HEAD request is answered without a body: its client knows the status alone.
        body = "" if call.operation.startswith("Head") else f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'
        return Response(body, status=403, content_type="application/xml")
    if call.protocol == "query":
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error>"
        body = f"<ErrorResponse>{error}<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        return Response(body, status=403, content_type="text/xml")
    if call.protocol == "ec2":
        error = f"<Errors><Error><Code>{code}</Code><Message>{text}</Message></Error></Errors>"
        body = f"<Response>{error}<RequestID>{REQUEST_ID}</RequestID></Response>"
        return Response(body, status=403, content_type="text/xml")
    status = 403 if call.protocol == "rest-json" else 400
    headers = {"x-amzn-ErrorType": code, "x-amzn-RequestId": REQUEST_ID}
    body = json.dumps({"__type": code, "Message": message, "message": message})
    return Response(body, status=status, headers=headers, content_type=JSON_TYPE)

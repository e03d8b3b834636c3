"""The gate in front of moto: each request is read, decided, refused or let through, and written to the journal."""

import io
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from moto.core.request import Request
from oracle import Asked
from werkzeug.wrappers import Response

from . import refusals, training
from .callers import Caller, UnknownKey, account_id, caller
from .calls import Call, Unreadable, read
from .decider import Decider, Undecided
from .needs import Unmapped, needs_of, s3
from .needs.need import Need

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# What AWS sends with every request.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
ALWAYS = {"aws:SecureTransport": "true"}
DONE = 200
# How S3 answers that an object does not exist.
NOT_FOUND = 404


@dataclass(frozen=True)
class Verdict:
    """What was decided of one need of a call."""

    action: str
    resource: str
    context: dict[str, Any]
    decision: str


class Gate:
    """moto, behind the policies that it holds itself."""

    def __init__(self, moto: Application, decider: Decider, journal: Path):
        self.moto = moto
        self.decider = decider
        self.journal = journal.open("a")
        self.writing = threading.Lock()
        self.endpoint = ""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        request = _whole(environ)
        try:
            call = read(request)
        except Unreadable as unreadable:
            return self._fault(f"{request.method} {request.path}", str(unreadable))(environ, start_response)
        try:
            who = caller(call.access_key)
        except UnknownKey:
            self._write(call.name, "nobody", "unknown", [], "refused")
            return refusals.unknown_key(call)(environ, start_response)
        try:
            verdicts = self._decided(needs_of(call, who), who)
            answer = self._answer(call, who, verdicts, environ)
        except (Unmapped, Undecided) as unknown:
            answer = self._fault(call.name, str(unknown))
        return answer(environ, start_response)

    def _answer(self, call: Call, who: Caller, verdicts: list[Verdict], environ: dict[str, Any]) -> Response:
        refused = [verdict for verdict in verdicts if verdict.decision != "Allowed"]
        if refused and call.name != "s3:DeleteObjects":
            self._write(call.name, who.kind, who.name, verdicts, "refused")
            return refusals.denied(call, _reason(who, refused[0]))
        if call.name == "s3:DeleteObjects":
            answer = self._delete_allowed(call, verdicts, environ)
        else:
            answer = Response.from_app(self.moto, environ, buffered=True)
        if answer.status_code == NOT_FOUND and call.name in ("s3:GetObject", "s3:HeadObject"):
            # Whoever may not list the bucket is not told that something is missing.
            lists = self._decided([s3.can_list_anything(call.parameters["Bucket"])], who)
            if lists[0].decision != "Allowed":
                self._write(call.name, who.kind, who.name, [*verdicts, *lists], "hidden")
                return refusals.denied(call, _reason(who, lists[0]))
        self._write(call.name, who.kind, who.name, verdicts, "refused in part" if refused else "allowed")
        if call.name == "sagemaker:CreateTrainingJob" and answer.status_code == DONE:
            training.run(call.parameters["TrainingJobName"], self.endpoint)
        return answer

    def _delete_allowed(self, call: Call, verdicts: list[Verdict], environ: dict[str, Any]) -> Response:
        """Each object is decided by itself; the answer names those that may not be deleted.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
        """
        named = call.parameters["Delete"]["Objects"]
        decided = list(zip(named, verdicts, strict=True))
        allowed = [each for each, verdict in decided if verdict.decision == "Allowed"]
        errors = refusals.object_errors([each["Key"] for each, verdict in decided if verdict.decision != "Allowed"])
        if allowed:
            body = refusals.deletion(allowed)
            environ = environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            answer = Response.from_app(self.moto, environ, buffered=True)
            answer.set_data(answer.get_data(as_text=True).replace("</DeleteResult>", f"{errors}</DeleteResult>"))
            return answer
        return Response(f"<DeleteResult>{errors}</DeleteResult>", content_type="application/xml")

    def _decided(self, needs: list[Need], who: Caller) -> list[Verdict]:
        verdicts = []
        for need in needs:
            asked = Asked(
                principal=who.arn,
                account=account_id(),
                action=need.action,
                resource=need.resource,
                context=ALWAYS | who.context | need.context,
                identity=who.identity,
                boundary=who.boundary,
                resource_policy=need.resource_policy,
            )
            context = {key: value for key, value in who.context.items() if key == "aws:MultiFactorAuthPresent"}
            verdicts.append(Verdict(need.action, need.resource, context | need.context, self.decider.decision(asked)))
        return verdicts

    def _fault(self, what: str, reason: str) -> Response:
        self._write(what, "", "", [], "fault", reason)
        return refusals.unmapped(reason)

    def _write(
        self, operation: str, kind: str, name: str, verdicts: list[Verdict], outcome: str, reason: str = ""
    ) -> None:
        line = json.dumps(
            {
                "operation": operation,
                "kind": kind,
                "name": name,
                "verdicts": [asdict(verdict) for verdict in verdicts],
                "outcome": outcome,
                "reason": reason,
            }
        )
        with self.writing:
            self.journal.write(f"{line}\n")
            self.journal.flush()


def _whole(environ: dict[str, Any]) -> Request:
    """The request, with a body that can be read twice."""
    body = Request(environ).get_data(cache=False, parse_form_data=False)
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    copy = environ | {"wsgi.input": io.BytesIO(body)}
    return Request(copy)


def _reason(who: Caller, verdict: Verdict) -> str:
    """What AWS says of a refusal.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    why = {
        "ImplicitlyDenied": f"because no identity-based policy allows the {verdict.action} action",
        "ExplicitlyDenied": "with an explicit deny in an identity-based policy",
    }[verdict.decision]
    return f"User: {who.arn} is not authorized to perform: {verdict.action} on resource: {verdict.resource} {why}"

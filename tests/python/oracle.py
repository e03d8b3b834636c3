"""The simulator of IAM that others wrote (tests/oracle), asked what policies allow. It knows nothing of racestack."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from patience import PATIENCE
from workspace import REPOSITORY

FOLDER = REPOSITORY / "tests" / "oracle"

Document = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A request, and the policies that it is decided by."""

    principal: str
    account: str
    action: str
    resource: str
    context: dict[str, Any]
    identity: list[Document]
    boundary: Document | None
    # The policy of the bucket, for requests to it.
    resource_policy: Document | None

    def line(self) -> str:
        """The request as the simulator reads it."""
        request = {
            "principal": self.principal,
            "account": self.account,
            "action": self.action,
            "resource": self.resource,
            "context": self.context,
        }
        case = {
            "identity": self.identity,
            "boundary": self.boundary,
            "resource_policy": self.resource_policy,
            "request": request,
        }
        return json.dumps(case)


def install() -> None:
    """Install the simulator where it is not."""
    subprocess.run([FOLDER / "install.sh"], timeout=PATIENCE, check=True)


def are_allowed(asked: Iterable[Asked]) -> list[bool]:
    """Whether each of the requests is allowed. What AWS does not send with a request's action, none may say."""
    cases = list(asked)
    finished = subprocess.run(
        ["node", FOLDER / "simulate.mjs", "decide"],
        input="".join(f"{case.line()}\n" for case in cases),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    allowed = []
    for case, line in zip(cases, finished.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        assert "decision" in answer, f"{answer}: {case.line()}"
        assert answer["unsent"] == [], f"AWS does not send {answer['unsent']} with {case.action}"
        allowed.append(answer["decision"] == "Allowed")
    return allowed

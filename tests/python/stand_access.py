"""The decisions of a stand's simulator against those of `racestack access`."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from patience import PATIENCE
from stand_server import Stand
from workspace import binary

# How each of the two says the same.
DECISIONS = {
    "Allowed": "allowed",
    "ImplicitlyDenied": "implicitly denied",
    "ExplicitlyDenied": "explicitly denied",
}
WHO = {"user": "user", "role": "notebook"}
MFA = "aws:MultiFactorAuthPresent"

# Who, the kind of whoever asks, and what.
Request = tuple[str, str, str]


class Agreement:
    """What was compared on one stand: each request once."""

    def __init__(self) -> None:
        self.compared: set[Request] = set()

    def disagreements(self, stand: Stand, entries: list[dict[str, Any]]) -> list[str]:
        """What the evaluator decides otherwise, among the requests of these calls that were not compared before."""
        found = {
            (entry["name"], entry["kind"], json.dumps(verdict, sort_keys=True))
            for entry in entries
            if entry["kind"] in WHO
            for verdict in entry["verdicts"]
        }
        new = sorted(found - self.compared)
        self.compared |= found
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            return [said for said in pool.map(lambda request: _disagreement(stand, request), new) if said]


def _disagreement(stand: Stand, request: Request) -> str:
    name, kind, text = request
    verdict = json.loads(text)
    context = verdict["context"]
    if kind == "user":
        # An access key has no second factor. `access` would take for granted that a person has one where it is required.
        context = {MFA: "false"} | context
    words = [
        f"--context={key}={value}"
        for key, values in context.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    command = [
        binary(), "access", "--config", stand.workspace.root / "config", "--account", "tokyo", "--user", name,
        "--as", WHO[kind], "--action", verdict["action"], "--resource", verdict["resource"], "--format", "json", *words,
    ]  # fmt: skip
    finished = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    what = f"{kind} {name}: {verdict['action']} on {verdict['resource']} with {context}"
    if finished.returncode:
        return f"{what}: access ended with {finished.returncode}: {finished.stdout}{finished.stderr}"
    (answer,) = json.loads(finished.stdout)["answers"]
    if answer["decision"] == DECISIONS[verdict["decision"]]:
        return ""
    return f"{what}: the simulator says {verdict['decision']}, access {answer['decision']}"

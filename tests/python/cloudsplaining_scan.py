"""Prints what cloudsplaining says of each policy that it reads, as JSON. Run by the Python of .venv-checkers."""

import json
import sys

from cloudsplaining.scan.policy_document import PolicyDocument

RISKS = {
    "privilege escalation": "allows_privilege_escalation",
    "data exfiltration": "allows_data_exfiltration_actions",
    "resource exposure": "permissions_management_without_constraints",
    "credentials exposure": "credentials_exposure",
    "service wildcard": "service_wildcard",
}

found = {}
for name, document in json.load(sys.stdin).items():
    scanned = PolicyDocument(document)
    found[name] = {risk: getattr(scanned, attribute) for risk, attribute in RISKS.items()}
json.dump(found, sys.stdout)

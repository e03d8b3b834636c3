"""The schemas of the configuration, by validators other than racestack."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from patience import PATIENCE
from workspace import REPOSITORY

SCHEMAS = sorted((REPOSITORY / "config" / "schemas").glob("*.json"))


def patterns(value: object) -> Iterator[str]:
    """Each regular expression of a schema."""
    if isinstance(value, dict):
        if isinstance(value.get("pattern"), str):
            yield value["pattern"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from patterns(one)


def test_every_pattern_is_one_for_python() -> None:
    found = {pattern for file in SCHEMAS for pattern in patterns(json.loads(file.read_text()))}
    assert len(found) > 10
    for pattern in found:
        re.compile(pattern)


@pytest.mark.parametrize(
    ("kind", "document", "code"),
    [
        ("roster", [{"name": "a", "email": None, "state": None, "notebook": None, "tags": {"team": None}}], 0),
        ("roster", [{"name": "a", "notebook": {"volume_gb": None, "instance_type": None}}], 0),
        ("roster", [{"name": None}], 1),
        ("roster", [None], 1),
        ("account", {"account_id": "111122223333", "bucket": None, "policies": None, "notebooks": {"subnet_id": None}, "tags": None}, 0),
        ("settings", {"company": "mycompany", "quotas": {"notebooks": {"ml.t3.medium": None}}, "mfa": None, "services": None}, 0),
        ("settings", {"company": "mycompany", "services": [None]}, 1),
        ("suppressions", [{"rule": "X", "resource": None, "reason": "a", "owner": "a", "expires": "2027-01-01"}], 1),
    ],
)
def test_a_key_without_a_value_counts_as_not_set(tmp_path: Path, kind: str, document: object, code: int) -> None:
    """As in synth, unless the key is needed."""
    file = tmp_path / "file.json"
    file.write_text(json.dumps(document))
    schema = REPOSITORY / "config" / "schemas" / f"{kind}.json"
    command = [Path(sys.executable).parent / "check-jsonschema", "--schemafile", schema, file]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert finished.returncode == code, finished.stdout + finished.stderr


@pytest.mark.parametrize(("contact", "code"), [("Help desk, 情報システム部", 0), ("a\u200bb", 1), ("", 1)])
def test_a_contact_is_checked_by_the_schema(tmp_path: Path, contact: str, code: int) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"company": "mycompany", "contact": contact}))
    schema = REPOSITORY / "config" / "schemas" / "settings.json"
    command = [Path(sys.executable).parent / "check-jsonschema", "--schemafile", schema, settings]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert finished.returncode == code, finished.stdout + finished.stderr

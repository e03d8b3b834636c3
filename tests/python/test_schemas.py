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


@pytest.mark.parametrize(("contact", "code"), [("Help desk, 情報システム部", 0), ("a\u200bb", 1), ("", 1)])
def test_a_contact_is_checked_by_the_schema(tmp_path: Path, contact: str, code: int) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"company": "mycompany", "contact": contact}))
    schema = REPOSITORY / "config" / "schemas" / "settings.json"
    command = [Path(sys.executable).parent / "check-jsonschema", "--schemafile", schema, settings]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert finished.returncode == code, finished.stdout + finished.stderr

"""The SARIF that tests/report.rs holds to the byte, against the standard's schema and what GitHub asks for beyond it.

The environment variable SARIF_SCHEMA names the schema; `tests/python/install.sh` fetches it, and `run.sh` sets the variable.
"""

import json
import os
import pathlib
import re

import jsonschema
import pytest

REPORT = pathlib.Path(__file__).parents[1] / "report/every-kind.sarif"


@pytest.fixture(scope="module")
def log():
    return json.loads(REPORT.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def schema():
    schema = json.loads(pathlib.Path(os.environ["SARIF_SCHEMA"]).read_text(encoding="utf-8"))
    assert "2.1.0" in schema["title"]
    return schema


def test_follows_the_schema(log, schema):
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)


def test_the_schema_would_notice(log, schema):
    broken = json.loads(json.dumps(log))
    del broken["runs"][0]["results"][0]["message"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(schema).validate(broken)


def test_has_what_github_asks_for(log):
    assert log["$schema"] and log["version"] == "2.1.0"
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"]
        assert len(rule["name"]) <= 255 and len(rule["shortDescription"]["text"]) <= 1_024
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        place = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9._~%-][A-Za-z0-9._~%/-]*", place["artifactLocation"]["uri"])
        assert set(place["region"]) == {"startLine", "startColumn", "endLine", "endColumn"}
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(prints)) == len(prints)

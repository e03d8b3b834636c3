"""`racestack diff` against the AWS CDK CLI's diff, and what it knows of replacements against the resource schemas."""

import functools
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cfnlint
import jsonschema

from cdk import Cdk
from moto_server import REGION, MotoServer
from patience import PATIENCE
from workspace import REPOSITORY, binary

ACCOUNT_ID = "111122223333"
TABLE = REPOSITORY / "src" / "facts" / "replacement.txt"
SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"

POLICIES = {"PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "ResourcePolicy"}

Json = dict[str, object]
# A resource as it was and as it is.
Change = tuple[Json | None, Json | None]


def rows() -> Iterator[tuple[str, list[str], list[str], list[str]]]:
    """Each type of the table: its name, the create-only and the conditionally create-only properties."""
    for line in TABLE.read_text().splitlines():
        kind, name, create_only, conditional = line.split(" ")
        yield kind, *([] if column == "-" else column.split(",") for column in (name, create_only, conditional))


@functools.cache
def schema(kind: str) -> Json:
    """The schema that cfn-lint ships for a type."""
    files = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    return json.loads((SCHEMAS / "resources" / f"{files[kind]}.json").read_text())


def test_the_table_of_replacements_is_that_of_the_schemas() -> None:
    for kind, name, create_only, conditional in rows():
        found = schema(kind)

        def paths(key: str, found: Json = found) -> list[str]:
            return sorted(path.removeprefix("/properties/") for path in found.get(key, []))

        assert (create_only, conditional) == (paths("createOnlyProperties"), paths("conditionalCreateOnlyProperties")), kind
        # A name that could change in place would not keep a replacement from happening.
        assert set(name) <= set(create_only), kind


def test_every_type_that_racestack_writes_is_in_the_table() -> None:
    templates = (REPOSITORY / "templates" / "stacks").glob("*.hbs")
    written = {kind for file in templates for kind in re.findall(r"Type: (AWS::\w+::\w+)", file.read_text())}
    assert written
    assert written <= {row[0] for row in rows()}


def resource(kind: str, path: str, value: str, **attributes: object) -> Json:
    """A resource with one property, and with the policies that the CDK looks for."""
    inner: object = value
    for step in reversed(path.split("/")):
        inner = {step: inner}
    policies = {name: {"Statement": []} for name in POLICIES if name in schema(kind)["properties"]}
    return {"Type": kind, "Properties": policies | inner, **attributes}


def changes() -> dict[str, Change]:
    """Changes by logical ID: each property that replaces, one of each type that does not, and resources that come and go."""
    found: dict[str, Change] = {}
    for number, (kind, _, create_only, conditional) in enumerate(rows()):
        replacing = [*create_only, *conditional]
        for path in replacing:
            found[f"Replaced{number}{path.replace('/', '')}"] = resource(kind, path, "a"), resource(kind, path, "b")
        others = [name for name in schema(kind)["properties"] if not any(path.split("/")[0] == name for path in replacing)]
        read_only = {path.split("/")[2] for path in schema(kind).get("readOnlyProperties", [])}
        plain = [name for name in others if name not in read_only | POLICIES | {"Policies", "ManagedPolicyArns"}]
        if plain:
            found[f"Changed{number}"] = resource(kind, plain[0], "a"), resource(kind, plain[0], "b")
        found[f"Added{number}"] = None, resource(kind, "Tags", "a")
        found[f"Removed{number}"] = resource(kind, "Tags", "a"), None
        found[f"Kept{number}"] = resource(kind, "Tags", "a", DeletionPolicy="Retain"), None
        found[f"Same{number}"] = resource(kind, "Tags", "a"), resource(kind, "Tags", "a")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "a"}}
    found["Bucket"] = bucket, bucket | {"Properties": {"BucketName": "b"}}
    refers = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": []}}}
    found["RefersInItsName"] = refers, refers
    role = {"Type": "AWS::IAM::Role", "Properties": {"Description": {"Fn::GetAtt": ["Bucket", "Arn"]}}}
    found["RefersElsewhere"] = role, role
    found["Number"] = (
        {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {"VolumeSizeInGB": 5}},
        {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {"VolumeSizeInGB": "5"}},
    )
    found["DependsOn"] = bucket | {"DependsOn": "Number"}, bucket | {"DependsOn": ["Number"]}
    found["Metadata"] = bucket | {"Metadata": {"a": 1}}, bucket | {"Metadata": {"a": 2}}
    return found


def template(side: int) -> Json:
    """All the changes as they were, or as they are."""
    return {"Resources": {id: change[side] for id, change in changes().items() if change[side] is not None}}


def by_racestack(folder: Path) -> dict[str, str]:
    """What becomes of each resource."""
    for side, name in enumerate(("old", "new")):
        account = folder / name / "tokyo"
        account.mkdir(parents=True)
        (account / "access.yaml").write_text(json.dumps(template(side)))
        stacks = [{"name": "stack", "file": "access.yaml"}]
        manifest = {"account": "tokyo", "account_id": ACCOUNT_ID, "region": REGION, "stacks": stacks}
        (account / "manifest.json").write_text(json.dumps(manifest))
    finished = subprocess.run(
        [binary(), "diff", "old", "new", "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    # The templates are nonsense to CloudFormation in other ways, too: refusals are no matter here.
    assert finished.returncode in (0, 1), finished.stderr
    diff = json.loads(finished.stdout)
    printed = subprocess.run([binary(), "schema", "diff"], capture_output=True, timeout=PATIENCE, check=True)
    jsonschema.Draft202012Validator(json.loads(printed.stdout)).validate(diff)
    found = {}
    for change in diff["changes"]:
        replacements = {one.get("replacement", "no") for one in change["properties"]}
        action = "may replace" if change["action"] == "change" and "maybe" in replacements else change["action"]
        found |= {one["logical_id"]: action for one in change["resources"]}
    return found


def by_cdk(said: str) -> dict[str, str]:
    """The same, as the CDK says it."""
    words = {"": "change", "replace": "replace", "may be replaced": "may replace", "destroy": "destroy", "orphan": "retain"}
    found = {}
    for sign, id, word in re.findall(r"^\[([-+~])\] AWS::\S+ (\w+) ?(.*?)$", said, re.MULTILINE):
        found[id] = "add" if sign == "+" else words[word.strip()]
    return found


def test_what_becomes_of_each_resource_is_what_the_cdk_says(moto: MotoServer, tmp_path: Path) -> None:
    assembly = tmp_path / "cdk.out"
    assembly.mkdir()
    (assembly / "stack.json").write_text(json.dumps(template(1)))
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{ACCOUNT_ID}/{REGION}",
        "properties": {"templateFile": "stack.json", "stackName": "stack"},
    }
    (assembly / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {"stack": artifact}}))
    old = tmp_path / "old.json"
    old.write_text(json.dumps(template(0)))
    said = Cdk(assembly, tmp_path / "home", moto).succeed("diff", "stack", "--template", old)
    ours, theirs = by_racestack(tmp_path / "out"), by_cdk(said)
    differing = {id: (ours.get(id), theirs.get(id)) for id in changes() if ours.get(id) != theirs.get(id)}
    agreed = len(changes()) - len(differing)
    assert differing == KNOWN
    assert agreed > 200
    assert {"add", "change", "replace", "destroy", "retain"} <= set(ours.values())


# Where the two differ: ours, theirs.
KNOWN: dict[str, tuple[str | None, str | None]] = {
    # The schema has it within `Budget`; the CDK looks at properties of the resource alone.
    "Replaced0BudgetBudgetName": ("replace", "change"),
    # Conditional in the schema; the CDK says either.
    "Replaced3EventBusName": ("may replace", "replace"),
    "Replaced18DurableConfig": ("may replace", "change"),
    "Replaced23Region": ("may replace", "change"),
    # The ARN of a replaced bucket is another; the CDK follows `Ref`, and not `Fn::GetAtt`.
    "RefersElsewhere": ("change", None),
    # One resource, or a list of one.
    "DependsOn": (None, "change"),
}

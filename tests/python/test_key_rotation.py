"""The function that rotates access keys, as the template hands it to Lambda, against moto's IAM and SNS."""

import datetime
import types
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.iam import iam_backends
from moto.sns import sns_backends

from moto_server import ACCOUNT_ID, REGION
from templates import load
from workspace import SLOW, Workspace

SETTINGS = {
    profile: f"policies: {profile}\naccess_keys: {{notify: admins@example.com}}\n"
    for profile in (("hardened", "documented") if SLOW else ("hardened",))
}
GROUP = "mycompany-deepracer-users"
TOPIC = "mycompany-deepracer-notices"
DEACTIVATED, SOON, FAILED = "Deactivated, since", "Deactivated soon", "Failed:"


class Account:
    """An account of moto's own, in this process, and the function in it."""

    def __init__(self, function: dict[str, Any]):
        self.iam = boto3.client("iam")
        self.iam.create_group(GroupName=GROUP)
        self.topic = boto3.client("sns").create_topic(Name=TOPIC)["TopicArn"]
        self.path = function["Environment"]["Variables"]["USER_PATH"]
        self.module = types.ModuleType("index")
        exec(compile(function["Code"]["ZipFile"], "index.py", "exec"), self.module.__dict__)

    def person(self, name: str, *ages: int, path: str | None = None, member: bool = True) -> list[str]:
        """Make a user with a key of each age in days. Returns the keys' IDs."""
        self.iam.create_user(UserName=name, Path=path or self.path)
        if member:
            self.iam.add_user_to_group(GroupName=GROUP, UserName=name)
        keys = [self.iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for _ in ages]
        # Keys are made now: moto's own store alone can make them older.
        made = {key.access_key_id: key for key in iam_backends[ACCOUNT_ID]["aws"].get_user(name).access_keys}
        for key, age in zip(keys, ages, strict=True):
            made[key].create_date -= datetime.timedelta(days=age)
        return keys

    def status(self, name: str) -> list[str]:
        """The states of a user's keys."""
        return [key["Status"] for key in self.iam.list_access_keys(UserName=name)["AccessKeyMetadata"]]

    def marked(self, name: str) -> bool:
        """Whether a user has the tag by which policies deny them to activate keys (`DenyOldKeys`, tests/oracle/settings.rs)."""
        tags = {tag["Key"]: tag["Value"] for tag in self.iam.list_user_tags(UserName=name)["Tags"]}
        return tags.get("old-access-key") == "true"

    def run(self) -> None:
        """Run the function as Lambda does."""
        self.module.handler({}, None)

    def notices(self) -> list[tuple[str, str]]:
        """The subject and the text of every notice that was sent."""
        sent = sns_backends[ACCOUNT_ID][REGION].topics[self.topic].sent_notifications
        return [(subject, message) for _, message, subject, *_ in sent]

    def refuse(self, operation: str, user: str) -> None:
        """Let IAM refuse an operation of the function on one user."""

        def refuse(params: dict[str, Any], **_: Any) -> None:
            if params.get("UserName") == user:
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)

        self.module.iam.meta.events.register(f"provide-client-params.iam.{operation}", refuse)


@pytest.fixture(scope="module", params=SETTINGS)
def function(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The function that synth wrote: at full length, for each profile."""
    workspace = Workspace(tmp_path_factory.mktemp("rotation"), SETTINGS[request.param])
    workspace.write()
    workspace.synth()
    return load(workspace.out / "operations.yaml")["Resources"]["KeyRotation"]["Properties"]


@pytest.fixture
def account(function: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account with the function."""
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{TOPIC}"
    for key, value in (function["Environment"]["Variables"] | {"TOPIC": topic}).items():
        monkeypatch.setenv(key, value)
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT_ID)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_aws():
        yield Account(function)


def test_deactivates_at_the_age_and_warns_before(account: Account) -> None:
    for age in (75, 76, 89, 90, 200):
        account.person(f"racer.{age}", age)
    account.run()
    assert {age: account.status(f"racer.{age}") for age in (75, 76, 89, 90, 200)} == {
        75: ["Active"],
        76: ["Active"],
        89: ["Active"],
        90: ["Inactive"],
        200: ["Inactive"],
    }
    ((subject, message),) = account.notices()
    assert subject == f"Access keys in {ACCOUNT_ID}: 2 deactivated, 2 soon, 0 failed"
    told = {name: message.index(name) for name in ("racer.200", "racer.90", DEACTIVATED, SOON, "racer.76", "racer.89")}
    assert sorted(told, key=told.__getitem__) == [DEACTIVATED, "racer.200", "racer.90", SOON, "racer.76", "racer.89"]
    assert "racer.75" not in message


def test_a_person_with_two_keys_loses_the_old_one_alone(account: Account) -> None:
    account.person("racer", 200, 3)
    account.run()
    assert account.status("racer") == ["Inactive", "Active"]


def test_inactive_keys_are_left_alone(account: Account) -> None:
    (key,) = account.person("racer", 200)
    account.iam.update_access_key(UserName="racer", AccessKeyId=key, Status="Inactive")
    account.run()
    assert account.notices() == []


def test_whoever_has_an_old_key_is_marked_until_it_is_deleted(account: Account) -> None:
    ages: dict[str, tuple[int, ...]] = {"racer": (90,), "two": (3, 200), "young": (89,), "none": ()}
    keys = {name: account.person(name, *of) for name, of in ages.items()}
    account.iam.tag_user(UserName="racer", Tags=[{"Key": "user", "Value": "racer"}])
    account.run()
    assert [name for name in ages if account.marked(name)] == ["racer", "two"]
    account.iam.create_access_key(UserName="racer")
    account.run()
    assert account.marked("racer"), "the old key is still there"
    account.iam.delete_access_key(UserName="racer", AccessKeyId=keys["racer"][0])
    account.run()
    assert [name for name in ages if account.marked(name)] == ["two"]
    assert account.iam.list_user_tags(UserName="racer")["Tags"] == [{"Key": "user", "Value": "racer"}]


def test_a_key_that_somebody_else_activates_again_is_deactivated_again(account: Account) -> None:
    (key,) = account.person("racer", 200)
    account.run()
    account.iam.update_access_key(UserName="racer", AccessKeyId=key, Status="Active")
    account.run()
    assert account.status("racer") == ["Inactive"] and account.marked("racer")


@pytest.mark.parametrize("operation", ["ListUserTags", "TagUser"])
def test_a_key_is_deactivated_also_where_its_owner_cannot_be_marked(account: Account, operation: str) -> None:
    for name in ("a", "b"):
        account.person(name, 200)
    account.refuse(operation, "b")
    with pytest.raises(RuntimeError, match="^b: .*AccessDenied"):
        account.run()
    assert [account.status(name) for name in ("a", "b")] == [["Inactive"], ["Inactive"]]
    assert [account.marked(name) for name in ("a",)] == [True]
    assert account.notices()[0][0].endswith("2 deactivated, 0 soon, 1 failed")


def test_a_second_run_tells_nothing_again_of_what_it_deactivated(account: Account) -> None:
    account.person("racer", 200)
    account.run()
    account.run()
    assert len(account.notices()) == 1


def test_no_key_is_ever_deleted(account: Account) -> None:
    keys = account.person("racer", 200, 4000)
    account.run()
    left = account.iam.list_access_keys(UserName="racer")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in left] == keys


def test_users_outside_the_path_and_the_group_are_left_alone(account: Account) -> None:
    account.person("stranger", 200, path="/elsewhere/", member=False)
    if account.path != "/":
        account.person("guest", 200, path="/elsewhere/")
        account.person("root", 200, path="/")
        account.person("neighbour", 200, path=f"{account.path.removesuffix('/')}-2/")
    account.run()
    assert account.notices() == []
    assert {status for user in account.iam.list_users()["Users"] for status in account.status(user["UserName"])} == {
        "Active"
    }


def test_everybody_is_looked_at_where_there_are_many(account: Account) -> None:
    people = [f"racer.{number:03}" for number in range(230)]
    for name in people:
        account.person(name, 90)
    account.run()
    assert [account.status(name) for name in people] == [["Inactive"]] * len(people)
    assert account.notices()[0][0].endswith("230 deactivated, 0 soon, 0 failed")


def test_a_notice_that_would_be_too_long_is_cut(account: Account) -> None:
    account.module.LINES = 3
    for number in range(5):
        account.person(f"racer.{number}", 90)
    account.run()
    ((_, message),) = account.notices()
    assert "racer.2" in message and "racer.3" not in message
    assert message.endswith("… and 2 more: see the log")


@pytest.mark.parametrize("operation", ["ListAccessKeys", "UpdateAccessKey"])
def test_what_fails_for_one_person_stops_no_other(account: Account, operation: str) -> None:
    for name in ("a", "b", "c"):
        account.person(name, 200)
    account.refuse(operation, "b")
    with pytest.raises(RuntimeError, match="^b: .*AccessDenied"):
        account.run()
    assert [account.status(name) for name in ("a", "b", "c")] == [["Inactive"], ["Active"], ["Inactive"]]
    ((subject, message),) = account.notices()
    assert subject.endswith("2 deactivated, 0 soon, 1 failed")
    assert message[message.index(FAILED) :].startswith(f"{FAILED}\nb: ")


def test_without_its_topic_it_deactivates_all_the_same_and_fails(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        account.person(name, 200)
    account.module.sns.delete_topic(TopicArn=account.topic)
    with pytest.raises(ClientError, match="Publish"):
        account.run()
    assert [account.status(name) for name in ("a", "b")] == [["Inactive"], ["Inactive"]]
    assert capsys.readouterr().out.count(DEACTIVATED) == 2


def test_without_its_group_it_fails(account: Account) -> None:
    account.iam.delete_group(GroupName=GROUP)
    with pytest.raises(ClientError, match="GetGroup"):
        account.run()

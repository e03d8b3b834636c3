"""People's first passwords, deployed with the AWS CLI: made, handed over, kept, and taken away."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from aws_cli import AwsCli, running_aws_cli
from moto_server import MotoServer
from patience import PATIENCE
from workspace import Person, Workspace

PEOPLE: tuple[Person, ...] = ({"name": "tanaka.taro"}, {"name": "sato.hana"})
CONSOLE = "console: true\nmfa: required\n"
SYMBOLS = set("!@#$%^&*()_+-=[]{}|")


def deployed(moto: MotoServer, folder: Path, settings: str, people: tuple[Person, ...] = PEOPLE) -> Workspace:
    """Write, synth and deploy an account."""
    workspace = Workspace(folder, settings)
    workspace.write(people)
    workspace.synth()
    finished = workspace.deploy(moto.environment())
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return workspace


def handed_over(cli: AwsCli, name: str) -> dict[str, str]:
    """What the documented command shows of a person's secret."""
    secret = f"mycompany-deepracer/{name}/password"
    answer = cli.ask("secretsmanager", "get-secret-value", "--secret-id", secret)
    return json.loads(answer["SecretString"])


def accepted(moto: MotoServer, name: str) -> str:
    """The password that IAM holds for a user: moto alone tells it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{moto.endpoint}/moto-api/data.json", timeout=PATIENCE) as answer:
        data: dict[str, Any] = json.load(answer)
    return next(user["password"] for user in data["iam"]["User"] if user["name"] == name)


def test_the_first_password_is_the_secrets_and_must_be_changed(moto: MotoServer, tmp_path: Path) -> None:
    deployed(moto, tmp_path, CONSOLE)
    passwords = set()
    with running_aws_cli(moto) as cli:
        for person in PEOPLE:
            name = person["name"]
            profile = cli.ask("iam", "get-login-profile", "--user-name", name)["LoginProfile"]
            assert profile["PasswordResetRequired"] is True
            value = handed_over(cli, name)
            assert set(value) == {"user", "password"}
            assert value["user"] == name
            assert value["password"] == accepted(moto, name)
            passwords.add(value["password"])
    assert len(passwords) == len(PEOPLE)
    for password in passwords:
        assert len(password) == 32
        assert any(c.islower() for c in password)
        assert any(c.isupper() for c in password)
        assert any(c.isdigit() for c in password)
        symbols = {c for c in password if not c.isalnum()}
        assert symbols, password
        assert symbols <= SYMBOLS, password


def test_later_changes_leave_passwords_alone(moto: MotoServer, tmp_path: Path) -> None:
    deployed(moto, tmp_path, CONSOLE)
    iam = moto.client("iam")
    with running_aws_cli(moto) as cli:
        before = handed_over(cli, "tanaka.taro")
    iam.update_login_profile(UserName="tanaka.taro", Password="Ch0sen-by-taro!", PasswordResetRequired=False)

    suspended = ({"name": "tanaka.taro", "team": "blue", "state": "suspended"}, PEOPLE[1], {"name": "abe"})
    deployed(moto, tmp_path, CONSOLE, suspended)

    assert accepted(moto, "tanaka.taro") == "Ch0sen-by-taro!"
    assert iam.get_login_profile(UserName="tanaka.taro")["LoginProfile"]["PasswordResetRequired"] is False
    with running_aws_cli(moto) as cli:
        assert handed_over(cli, "tanaka.taro") == before


def test_console_comes_and_goes_with_the_setting_and_the_row(moto: MotoServer, tmp_path: Path) -> None:
    def signing_in() -> set[str]:
        with running_aws_cli(moto) as cli:
            names = [user["UserName"] for user in cli.ask("iam", "list-users")["Users"]]
            return {name for name in names if cli.ask("iam", "get-login-profile", "--user-name", name)}

    def secrets() -> set[str]:
        listed = moto.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
        return {secret["Name"] for secret in listed}

    def ids() -> dict[str, str]:
        return {user["UserName"]: user["UserId"] for user in moto.client("iam").list_users()["Users"]}

    deployed(moto, tmp_path, "")
    users = ids()
    assert (signing_in(), secrets()) == (set(), set())
    deployed(moto, tmp_path, CONSOLE)
    assert signing_in() == {"tanaka.taro", "sato.hana"}
    deployed(moto, tmp_path, CONSOLE, (PEOPLE[0] | {"console": "false"}, PEOPLE[1]))
    assert (signing_in(), secrets()) == ({"sato.hana"}, {"mycompany-deepracer/sato.hana/password"})
    deployed(moto, tmp_path, "")
    assert (signing_in(), secrets()) == (set(), set())
    # The names are free again at once.
    deployed(moto, tmp_path, CONSOLE)
    assert signing_in() == {"tanaka.taro", "sato.hana"}
    assert ids() == users

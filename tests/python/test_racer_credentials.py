"""A racer's own credentials: access keys, password and second factor."""

from pathlib import Path

import pytest

from moto_server import ACCOUNT_ID
from racer_cli import Cli
from stand_server import BUCKET, RACER, Stand

OWN = ("--user-name", RACER)
DEVICE = f"arn:aws:iam::{ACCOUNT_ID}:mfa/{RACER}"
PASSWORDS = ("Correct-Horse-1", "Battery-Staple-2")


def test_an_access_key_is_rotated(stand: Stand, tmp_path: Path) -> None:
    old = Cli(stand.user(RACER), tmp_path)
    old_id = old.racer.keys["AWS_ACCESS_KEY_ID"]
    made = old.ask("iam", "create-access-key")["AccessKey"]
    new = Cli(old.racer.with_keys(made), tmp_path)
    keys = new.ask("iam", "list-access-keys")["AccessKeyMetadata"]
    assert {key["AccessKeyId"] for key in keys} == {old_id, made["AccessKeyId"]}
    new.run("iam", "get-access-key-last-used", "--access-key-id", old_id)
    new.run("iam", "update-access-key", "--access-key-id", old_id, "--status", "Inactive", *OWN)
    is_unknown(old)
    new.run("iam", "delete-access-key", "--access-key-id", old_id, *OWN)
    is_unknown(old)
    assert new.ask("sts", "get-caller-identity")["Arn"].endswith(f"/{RACER}")
    assert new.ask("iam", "get-user")["User"]["UserName"] == RACER


def is_unknown(cli: Cli) -> None:
    """A key that is switched off or deleted is none."""
    with pytest.raises(AssertionError, match="InvalidClientTokenId"):
        cli.run("iam", "list-access-keys")


@pytest.mark.parametrize("stand", ["documented console"], indirect=True)
def test_a_password_is_changed(stand: Stand, tmp_path: Path) -> None:
    change_password(stand, Cli(stand.user(RACER), tmp_path))


def change_password(stand: Stand, cli: Cli) -> None:
    """Change the password that an administrator gave."""
    stand.moto.client("iam").update_login_profile(UserName=RACER, Password=PASSWORDS[0])
    cli.run("iam", "get-account-summary")
    words = ("--old-password", PASSWORDS[0], "--new-password", PASSWORDS[1])
    cli.run("iam", "change-password", *words)
    with pytest.raises(AssertionError, match="old password was incorrect"):
        cli.run("iam", "change-password", *words)


@pytest.mark.parametrize("stand", ["console"], indirect=True)
def test_without_a_second_factor_a_person_sets_one_up_and_nothing_else(stand: Stand, tmp_path: Path) -> None:
    cli = Cli(stand.user(RACER), tmp_path)
    closed = [
        ("s3", "ls", f"s3://{BUCKET}/{RACER}/"),
        ("s3", "cp", f"s3://{BUCKET}/{RACER}/reward_function.py", "-"),
        ("sagemaker", "list-notebook-instances"),
        ("iam", "create-access-key", *OWN),
    ]
    for words in closed:
        cli.is_denied(*words)
    device = cli.ask(
        "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", RACER,
        "--outfile", "seed.txt", "--bootstrap-method", "Base32StringSeed",
    )  # fmt: skip
    assert device["VirtualMFADevice"]["SerialNumber"] == DEVICE
    codes = ("--authentication-code1", "123456", "--authentication-code2", "654321")
    cli.run("iam", "enable-mfa-device", *OWN, "--serial-number", DEVICE, *codes)
    assert [each["SerialNumber"] for each in cli.ask("iam", "list-mfa-devices", *OWN)["MFADevices"]] == [DEVICE]
    assert cli.ask("iam", "get-user")["User"]["UserName"] == RACER
    # The device alone opens nothing: a session with it does.
    for words in closed:
        cli.is_denied(*words)
    without = session(cli)
    with_it = session(cli, "--serial-number", DEVICE, "--token-code", "123456")
    for words in closed[:-1]:
        without.is_denied(*words)
        with_it.run(*words)
    # Whoever has the key alone cannot take the device away.
    without.is_denied("iam", "deactivate-mfa-device", *OWN, "--serial-number", DEVICE)
    change_password(stand, with_it)


def session(cli: Cli, *words: str) -> Cli:
    """The racer in a session of STS."""
    return Cli(cli.racer.with_keys(cli.ask("sts", "get-session-token", *words)["Credentials"]), cli.folder)

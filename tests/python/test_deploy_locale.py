"""Whatever the locale of the machine, a deployment gives AWS what was reviewed."""

import subprocess
from pathlib import Path

import pytest

from moto_server import MotoServer
from patience import PATIENCE
from workspace import SETTINGS, SLOW, Workspace

NAME, TEAM = "Jürgen Müller", "Grün"
# By the charset; of the rest of a locale nothing is read.
LOCALES = {"en_US.ISO-8859-1": "ISO-8859-1", "ja_JP.SJIS": "SHIFT_JIS", "C": None}


@pytest.mark.parametrize("locale", LOCALES if SLOW else ["ja_JP.SJIS"])
def test_names_and_tags_come_as_they_are_written(moto: MotoServer, tmp_path: Path, locale: str) -> None:
    # As an administrator runs it: an interpreter that has started reads no locale any more.
    environment = moto.environment(anew=True) | {"LC_ALL": locale}
    charset = LOCALES[locale]
    if charset is not None:
        folder = tmp_path / "locales"
        folder.mkdir()
        # It warns of characters that the charset has otherwise than ASCII, and makes the locale.
        command = ["localedef", "--no-archive", "--force", "-i", "POSIX", "-f", charset, folder / locale]
        subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        assert (folder / locale / "LC_CTYPE").is_file()
        environment["LOCPATH"] = str(folder)
    # None of these is the test's own.
    for variable in ("PYTHONUTF8", "PYTHONIOENCODING", "AWS_CLI_FILE_ENCODING", "LANG", "AWS_PAGER"):
        environment.pop(variable, None)
    workspace = Workspace(tmp_path / "a ccount", SETTINGS["hardened"] + "services: []\n")
    workspace.write(({"name": "juergen", "display_name": NAME, "team": TEAM},))
    settings = workspace.root / "config" / "settings.yaml"
    settings.write_text(settings.read_text().replace("Environment: training", f"Environment: {TEAM}"))
    workspace.synth()
    deployed = workspace.deploy(environment)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    user = {tag["Key"]: tag["Value"] for tag in moto.client("iam").list_user_tags(UserName="juergen")["Tags"]}
    assert (user["display-name"], user["team"], user["Environment"]) == (NAME, TEAM, TEAM)
    for stack in moto.client("cloudformation").describe_stacks()["Stacks"]:
        assert {"Key": "Environment", "Value": TEAM} in stack["Tags"]
    # In short, by an `aws` that has started.
    again = workspace.deploy(environment if SLOW else moto.environment())
    assert "0 deployed, 4 unchanged" in again.stdout, again.stdout + again.stderr

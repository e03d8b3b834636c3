"""The deployment files say what CloudFormation's Git sync takes, and nothing else."""

import json
from pathlib import Path

import yaml

from workspace import SETTINGS, Workspace


def test_every_stack_has_a_deployment_file_that_leads_to_its_template(tmp_path: Path) -> None:
    made = Workspace(tmp_path, SETTINGS["hardened"] + "deploy: {git_sync: out}\n")
    made.write()
    made.synth()
    stacks = json.loads((made.out / "manifest.json").read_text())["stacks"]
    assert sorted(stack["git_sync"] for stack in stacks) == sorted(file.name for file in made.out.glob("*.git-sync.yaml"))
    for stack in stacks:
        deployment = yaml.safe_load((made.out / stack["git_sync"]).read_text(encoding="utf-8"))
        # Git sync takes `parameters`, too; the templates have none.
        assert set(deployment) == {"template-file-path", "tags"}
        assert tmp_path / deployment["template-file-path"] == made.out / stack["file"]
        assert (tmp_path / deployment["template-file-path"]).is_file()
        assert deployment["tags"] == {"managed-by": "racestack", "Environment": "training"}


def test_without_the_setting_there_is_none(workspace: Workspace) -> None:
    assert not list(workspace.out.glob("*.git-sync.yaml"))

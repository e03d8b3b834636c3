"""The AWS CDK CLI, as it takes a cloud assembly."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from moto_server import MotoServer
from patience import PATIENCE
from workspace import REPOSITORY

CDK = REPOSITORY / "tests" / "node" / "node_modules" / ".bin" / "cdk"


@dataclass(frozen=True)
class Cdk:
    """`cdk --app ASSEMBLY`, at home in a folder of its own and speaking to one server alone."""

    assembly: Path
    home: Path
    moto: MotoServer

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command. What it says, cdk writes to either stream: both are in `stdout`."""
        if not CDK.is_file():
            pytest.fail(f"{CDK} is missing: run tests/node/install.sh")
        self.home.mkdir(exist_ok=True)
        environment = self.moto.environment() | {
            "HOME": str(self.home),
            "CDK_HOME": str(self.home),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CI": "true",
            "NO_COLOR": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return subprocess.run(
            [CDK, "--app", self.assembly, "--no-notices", "--no-version-reporting", *arguments],
            env=environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def succeed(self, *arguments: str | Path) -> str:
        """Run a command that must succeed. Returns what it says."""
        finished = self.run(*arguments)
        assert finished.returncode == 0, f"cdk {arguments} ended with {finished.returncode}:\n{finished.stdout}"
        return finished.stdout

"""The AWS CLI, asked what an account holds."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aws_program import ANOTHER
from moto_server import MotoServer

PROCESS = Path(__file__).with_name("aws_cli_process.py")

# How the CLI says that a bucket has no such configuration.
NOTHING = ("NoSuchBucketPolicy", "NoSuchTagSet", "NoSuchLifecycleConfiguration", "NoSuchPublicAccessBlockConfiguration")
# How it says that a user has no password.
NO_PASSWORD = ("iam", "get-login-profile"), "NoSuchEntity"


class AwsCli:
    """`aws`, speaking to one account."""

    def __init__(self, process: subprocess.Popen[str], endpoint: str):
        self.process = process
        # For SQS, version 1 asks an address of its own unless the command names one.
        self.options = ("--endpoint-url", endpoint)

    def ask(self, *arguments: str) -> dict[str, Any]:
        """What a command answers."""
        self.process.stdin.write(json.dumps([*arguments, *self.options]) + "\n")
        self.process.stdin.flush()
        status, output, errors = json.loads(self.process.stdout.readline())
        if status == 0:
            return json.loads(output or "{}")
        if any(f"({code})" in errors for code in NOTHING):
            return {}
        command, code = NO_PASSWORD
        if arguments[:2] == command and f"({code})" in errors:
            return {}
        raise AssertionError(f"aws {' '.join(arguments)} ended with {status}: {errors}")


@contextlib.contextmanager
def running_aws_cli(moto: MotoServer) -> Iterator[AwsCli]:
    """Run the CLI for as long as the block runs."""
    # Version 1, whichever is tested.
    python = moto.programs / "aws" if moto.programs and not ANOTHER else sys.executable
    command = [python, PROCESS]
    with subprocess.Popen(
        command, env=moto.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield AwsCli(process, moto.endpoint)
        process.stdin.close()

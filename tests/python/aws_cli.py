"""The AWS CLI, asked what an account holds."""

import json
import subprocess
from typing import Any

from moto_server import MotoServer

# How the CLI says that a bucket has no such configuration.
NOTHING = ("NoSuchBucketPolicy", "NoSuchTagSet", "NoSuchLifecycleConfiguration", "NoSuchPublicAccessBlockConfiguration")


class AwsCli:
    """`aws`, speaking to one account."""

    def __init__(self, moto: MotoServer):
        self.environment = moto.environment()

    def ask(self, *arguments: str) -> dict[str, Any]:
        """What a command answers."""
        finished = subprocess.run(
            ["aws", *arguments], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        if finished.returncode != 0:
            if any(f"({code})" in finished.stderr for code in NOTHING):
                return {}
            raise AssertionError(f"aws {' '.join(arguments)}: {finished.stderr}")
        return json.loads(finished.stdout or "{}")

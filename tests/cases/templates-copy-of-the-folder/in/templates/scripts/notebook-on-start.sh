# shellcheck shell=bash
# Runs as root at each start of the notebook; BUCKET, REGION and IDLE_MINUTES are set above.
# A step that does not work is logged and tried again at the next start: none may fail this one.
set -u
dir=${INSTALL_DIR:-/opt/racestack}

try() {
  for _ in 1 2 3; do
    timeout 20 "$@" && return
    sleep "${RETRY_SECONDS:-5}"
  done
  echo "gave up: $*" >&2
  return 1
}

{ read -r arn; read -r notebook; } < <(
  python3 -c 'import json, sys; m = json.load(open(sys.argv[1])); print(m["ResourceArn"]); print(m["ResourceName"])' \
    "${METADATA_FILE:-/opt/ml/metadata/resource-metadata.json}"
)
[[ $notebook ]] || exit 0

# Stop the notebook when nothing ran in it for IDLE_MINUTES; 0 means never.
if ((IDLE_MINUTES > 0)); then
  mkdir -p "$dir"
  cat >"$dir/idle-stop.py" <<'PYTHON'
import json, os, ssl, subprocess, sys, time
from datetime import datetime
from urllib.request import urlopen

notebook, region, minutes, server = sys.argv[1:]
remembered = os.path.join(os.path.dirname(os.path.abspath(__file__)), "last-activity")
now = time.time()
# The start counts as activity, and so does what earlier rounds saw: its kernel may be gone by now.
with open(os.environ.get("UPTIME_FILE", "/proc/uptime")) as uptime:
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
with open(remembered, "w") as file:
    file.write(str(last))
if now - last > 60 * int(minutes):
    stop = ["aws", "sagemaker", "stop-notebook-instance", "--region", region]
    subprocess.run(stop + ["--notebook-instance-name", notebook], timeout=120)
PYTHON
  try systemd-run --unit=racestack-idle-stop --on-calendar='*:0/5' --setenv=HOME=/root \
    /usr/bin/python3 "$dir/idle-stop.py" "$notebook" "$REGION" "$IDLE_MINUTES" https://localhost:8443
fi

# Make the person's folder appear in the bucket. The tag is out of the person's reach.
user=$(try aws sagemaker list-tags --region "$REGION" --resource-arn "$arn" \
  --query "Tags[?Key=='user'].Value" --output text)
[[ $user ]] || exit 0
folder=(--region "$REGION" --bucket "$BUCKET" --key="$user/")
timeout 20 aws s3api head-object "${folder[@]}" >/dev/null 2>&1 || try aws s3api put-object "${folder[@]}" >/dev/null
exit 0

# shellcheck shell=bash
# Runs as root at each start of the notebook, with what is set above. A step that fails is logged, listed in the README,
# and tried again at the next start: none may fail this one.
set -u
umask 022
PATH=$PATH:/usr/local/bin
dir=${INSTALL_DIR:-/opt/racestack}
mkdir -p "$dir" && rm -f "$dir/problems" "$dir/notebook.json"

problem() {
  echo "racestack: $*" | tee -a "$dir/problems" >&2
}

# All steps together have five minutes, or the notebook does not start.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/notebook-lifecycle-config.html
try() {
  for _ in 1 2 3; do
    timeout 15 "$@" && return
    sleep "${RETRY_SECONDS:-5}"
  done
  problem "gave up: $*"
  return 1
}

python3 -Ic '
import base64, json, sys, zlib
for name, text in json.loads(zlib.decompress(base64.b85decode(sys.argv[1]))).items():
    open(sys.argv[2] + "/" + name, "w", encoding="utf-8").write(text)
' "$PACKED" "$dir" || problem "the files of the start script could not be unpacked"

arn='' notebook='' user=''
{ read -r arn; read -r notebook; } < <(
  python3 -Ic 'import json, sys; m = json.load(open(sys.argv[1])); print(m["ResourceArn"]); print(m["ResourceName"])' \
    "${METADATA_FILE:-/opt/ml/metadata/resource-metadata.json}"
)
[[ $notebook ]] || { arn='' && problem "the notebook's metadata could not be read"; }

# Stop the notebook when nothing ran in it for IDLE_MINUTES; 0 means never.
if [[ $notebook ]] && ((IDLE_MINUTES > 0)); then
  # Without a name: a try that was cut off may have made a timer.
  try systemd-run --on-calendar='*:0/5' --setenv=HOME=/root --setenv=PATH="$PATH" /usr/bin/python3 "$dir/idle-stop.py" "$notebook" "$REGION" "$IDLE_MINUTES" https://localhost:8443
fi

# Whose notebook it is, says a tag that is out of the person's reach; role, network and key, the notebook itself.
[[ $arn ]] && user=$(try aws sagemaker list-tags --region "$REGION" --resource-arn "$arn" \
  --query "Tags[?Key=='user'].Value" --output text)
[[ $notebook ]] && try aws sagemaker describe-notebook-instance --region "$REGION" --output json \
  --notebook-instance-name "$notebook" >"$dir/notebook.json"
if [[ $user ]]; then
  # Make the person's folder appear in the bucket.
  folder=(--region "$REGION" --bucket "$BUCKET" --key="$user/")
  timeout 15 aws s3api head-object "${folder[@]}" >/dev/null 2>&1 || try aws s3api put-object "${folder[@]}" >/dev/null
else
  problem "the notebook has no tag \`user\` that it can read: there are no defaults for the SageMaker SDK"
fi

timeout 30 python3 -I "$dir/prepare.py" "${ETC_DIR:-/etc}" "${FOLDER:-/home/ec2-user/SageMaker}" "$ADAPT_SDK" \
  "$BUCKET" "$user" "$notebook" "$REGION" "$IDLE_MINUTES" "$TRAINING_TYPE" "$OUTPUT_KEY" "$LONGEST_SECONDS" || problem "the notebook could not be prepared"
exit 0

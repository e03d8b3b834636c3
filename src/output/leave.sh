
fail() {
  printf 'deploy.sh: %s\n' "$1" >&2
  exit 1
}

# Says and runs a command that changes something; with --dry-run, says it alone.
change() {
  printf '  aws %s\n' "$*"
  if [ -z "$dry_run" ]; then
    aws "$@" --region "$region" ||
      fail 'stopped: that command did not work, those before it are done; run deploy.sh again to go on'
  fi
}

# Whether there is what the command asks for. Any other answer than yes or no stops the script.
exists() {
  local errors
  if errors=$({ aws "$@" --region "$region" >/dev/null; } 2>&1); then return 0; fi
  case $errors in
    *NoSuchEntity* | *RecordNotFound* | *'Stack with id'*'does not exist'*) return 1 ;;
  esac
  printf '%s\n' "$errors" >&2
  fail 'stopped: that could not be asked; run deploy.sh again to go on'
}

# What `aws iam` lists, as words.
list() {
  aws iam "$@" --region "$region" --output text ||
    fail 'stopped: that could not be listed; run deploy.sh again to go on'
}

# Who leaves with the stack: its deployed users that are no more in any template of the account, under neither logical ID
# nor name (IAM tells no case apart). A line each: the user, a slash, the notebook.
leavers_of() {
  local deployed
  deployed=$(aws cloudformation list-stack-resources --region "$region" --stack-name "$1" --output text --query \
    "StackResourceSummaries[?(ResourceType=='AWS::IAM::User' || ResourceType=='AWS::SageMaker::NotebookInstance')
      && ResourceStatus!='DELETE_COMPLETE' && ResourceStatus!='DELETE_SKIPPED' && PhysicalResourceId
    ].[ResourceType,LogicalResourceId,PhysicalResourceId]") || return 1
  printf '%s\n--\n%s\n' "$users" "$deployed" | awk '
    $1 == "--" { deployed = 1; next }
    !deployed { ids[$1]; names[tolower($2)]; next }
    $1 == "AWS::SageMaker::NotebookInstance" { sub(/.*\//, "", $3); notebooks[$2] = $3; next }
    NF == 3 && !($2 in ids) && !(tolower($3) in names) { id[++count] = $2; name[count] = $3 }
    END {
      for (i = 1; i <= count; i++) {
        sub(/User$/, "Notebook", id[i])
        print name[i] "/" notebooks[id[i]]
      }
    }'
}

# Stops those of the notebooks that run: whoever has one open goes on in it until then.
stop_running() {
  local running notebook
  running=$(aws sagemaker list-notebook-instances --region "$region" --status-equals InService --output text \
    --query 'NotebookInstances[].[NotebookInstanceName]') || fail 'stopped: could not ask which notebooks run'
  for notebook in "$@"; do
    if grep -qFx -e "$notebook" <<<"$running"; then
      change sagemaker stop-notebook-instance --notebook-instance-name "$notebook"
    fi
  done
}

# Waits for those of the notebooks that are about to stop: none can be deleted before.
await_stopping() {
  local stopping notebook
  [ -z "$dry_run" ] || return 0
  stopping=$(aws sagemaker list-notebook-instances --region "$region" --status-equals Stopping --output text \
    --query 'NotebookInstances[].[NotebookInstanceName]') || fail 'stopped: could not ask which notebooks stop'
  for notebook in "$@"; do
    if grep -qFx -e "$notebook" <<<"$stopping"; then
      aws sagemaker wait notebook-instance-stopped --region "$region" --notebook-instance-name "$notebook" ||
        fail "stopped: the notebook $notebook did not stop; run deploy.sh again to go on"
    fi
  done
}

# Before a users stack is deployed: what CloudFormation fails on with those who leave. What the stack is in no state to
# be deployed in, the deployment says.
leave() {
  local status found pair user notebook notebooks=''
  leavers=''
  exists cloudformation describe-stacks --stack-name "$1" || return 0
  status=$(aws cloudformation describe-stacks --region "$region" --stack-name "$1" \
    --query 'Stacks[0].StackStatus' --output text) || fail "could not ask for the stack $1"
  case $status in
    CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_COMPLETE | IMPORT_ROLLBACK_COMPLETE) ;;
    *) return 0 ;;
  esac
  found=$(leavers_of "$1") || fail "could not tell who leaves with the stack $1; nothing of it was changed"
  for pair in $found; do
    user=${pair%%/*} notebook=${pair#*/}
    leavers="$leavers $user"
    if [ -n "$notebook" ]; then notebooks="$notebooks $notebook"; fi
    printf '%s leaves with %s: deleted are the user%s; s3://%s/%s/ stays\n' "$user" "$1" \
      "${notebook:+, the role, and the notebook $notebook with its volume}" "$bucket" "$user"
  done
  # Names of notebooks are words.
  # shellcheck disable=SC2086
  if [ -n "$notebooks" ]; then stop_running $notebooks; fi
  for user in $leavers; do
    if exists iam get-user --user-name="$user"; then strip "$user"; fi
  done
  # shellcheck disable=SC2086
  if [ -n "$notebooks" ]; then await_stopping $notebooks; fi
}

# After it was deployed: CloudFormation calls an update complete, too, that could not delete a user.
left() {
  local user tries
  for user in $leavers; do
    tries=3
    while exists iam get-user --user-name="$user"; do
      tries=$((tries - 1))
      [ "$tries" -gt 0 ] || fail "CloudFormation could not delete the user $user, and has let go of it: the events of the \
stack $1 tell why, and 'racestack offboard $user --account $name' what to do"
      sleep "${RETRY_SECONDS:-5}"
    done
  done
}

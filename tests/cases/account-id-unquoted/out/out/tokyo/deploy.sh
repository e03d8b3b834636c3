#!/usr/bin/env bash
# Made by `racestack synth`. Deploys the stacks of the account tokyo, in order; a stack without changes is left as it is.
# From the users who leave with a stack it first takes what CloudFormation fails on, such as access keys.
# With --dry-run it changes nothing, and tells who leaves and what would be taken.
# The credentials are those that the AWS CLI finds: set AWS_PROFILE or the like.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

dry_run=''
if [ "$*" = --dry-run ]; then
  dry_run=yes
elif [ $# != 0 ]; then
  printf 'usage: deploy.sh [--dry-run]\n' >&2
  exit 2
fi

account='012345670123'
region='ap-northeast-1'

found=$(aws sts get-caller-identity --region "$region" --query Account --output text)
if [ "$found" != "$account" ]; then
  printf 'deploy.sh: the credentials are of account %s, the stacks of %s: nothing was deployed\n' "$found" "$account" >&2
  exit 1
fi

# What was reviewed is what is deployed: the files are those that the manifest lists.
if command -v sha256sum >/dev/null; then sums=(sha256sum); else sums=(shasum -a 256); fi
sums_match() { "${sums[@]}" --check - >&2; }
if ! sums_match <<'SUMS'
f596352f4a2fcd1eb11ba14781ff9b7889f5ffaf6eea8a6c2ef89348d91c193d  storage.yaml
2be3f00f6567e75e01a2208e95e3699239e3632f5898e3eb7bdd93cd464dbf6f  access.yaml
54870a56810bd77664eb3380b7312c7d15ea675aaad9583f7124b6dbbf24ca22  notebooks.yaml
b017b25ea4dc31765a22a18271dca63ae4cfd407e4e0db711fecab4e77895d23  service-roles.yaml
5cb08c0aadd15139a70cfe38ce3eafffed317c36ca1d461c748076214e8d9e6c  users-001.yaml
SUMS
then
  printf 'deploy.sh: a template is not the one that synth wrote: nothing was deployed\n' >&2
  exit 1
fi

# Everyone who stays, by logical ID and name: nobody of them is touched.
users='
TanakaTaroUser tanaka.taro
'
name='tokyo'
bucket='mycompany-aws-deepracer-test-20221130201905'
leavers=''

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

# Takes from a user what IAM deletes no user with, and CloudFormation does not delete.
strip() {
  local user=$1 ids id
  if exists iam get-login-profile --user-name="$user"; then
    change iam delete-login-profile --user-name="$user"
  fi
  # access keys
  ids=$(list list-access-keys --user-name="$user" \
    --query "AccessKeyMetadata[].AccessKeyId") || exit 1
  for id in $ids; do
    change iam delete-access-key --user-name="$user" --access-key-id="$id"
  done
  # virtual MFA devices of this name that are enabled for nobody
  ids=$(list list-virtual-mfa-devices --assignment-status=Unassigned \
    --query "VirtualMFADevices[?ends_with(SerialNumber, ':mfa/$user')].SerialNumber") || exit 1
  for id in $ids; do
    change iam delete-virtual-mfa-device --serial-number="$id"
  done
  # MFA devices
  ids=$(list list-mfa-devices --user-name="$user" \
    --query "MFADevices[].SerialNumber") || exit 1
  for id in $ids; do
    change iam deactivate-mfa-device --user-name="$user" --serial-number="$id"
    case $id in arn:*:mfa/*) change iam delete-virtual-mfa-device --serial-number="$id" ;; esac
  done
  # signing certificates
  ids=$(list list-signing-certificates --user-name="$user" \
    --query "Certificates[].CertificateId") || exit 1
  for id in $ids; do
    change iam delete-signing-certificate --user-name="$user" --certificate-id="$id"
  done
  # SSH public keys
  ids=$(list list-ssh-public-keys --user-name="$user" \
    --query "SSHPublicKeys[].SSHPublicKeyId") || exit 1
  for id in $ids; do
    change iam delete-ssh-public-key --user-name="$user" --ssh-public-key-id="$id"
  done
  # service-specific credentials
  ids=$(list list-service-specific-credentials --user-name="$user" \
    --query "ServiceSpecificCredentials[].ServiceSpecificCredentialId") || exit 1
  for id in $ids; do
    change iam delete-service-specific-credential --user-name="$user" --service-specific-credential-id="$id"
  done
  # inline policies from outside the stack
  ids=$(list list-user-policies --user-name="$user" \
    --query "PolicyNames[?@!='suspended']") || exit 1
  for id in $ids; do
    change iam delete-user-policy --user-name="$user" --policy-name="$id"
  done
  # managed policies from outside the stack
  ids=$(list list-attached-user-policies --user-name="$user" \
    --query "AttachedPolicies[?PolicyName!='mycompany-deepracer-suspended-user'].PolicyArn") || exit 1
  for id in $ids; do
    change iam detach-user-policy --user-name="$user" --policy-arn="$id"
  done
  # groups from outside the stack
  ids=$(list list-groups-for-user --user-name="$user" \
    --query "Groups[?GroupName!='mycompany-deepracer-users'].GroupName") || exit 1
  for id in $ids; do
    change iam remove-user-from-group --user-name="$user" --group-name="$id"
  done
}

if [ -n "$dry_run" ]; then
  nobody=yes
  leave 'mycompany-deepracer-users-001'
  [ -z "$leavers" ] || nobody=''
  [ -z "$nobody" ] || printf 'nobody leaves\n'
  exit 0
fi

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-storage' \
  --template-file 'storage.yaml' \
  --tags 'managed-by=racestack' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-access' \
  --template-file 'access.yaml' \
  --tags 'managed-by=racestack' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-notebooks' \
  --template-file 'notebooks.yaml' \
  --tags 'managed-by=racestack' \
  --no-fail-on-empty-changeset

aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-service-roles' \
  --template-file 'service-roles.yaml' \
  --tags 'managed-by=racestack' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset

leave 'mycompany-deepracer-users-001'
aws cloudformation deploy --region "$region" \
  --stack-name 'mycompany-deepracer-users-001' \
  --template-file 'users-001.yaml' \
  --tags 'managed-by=racestack' \
  --capabilities 'CAPABILITY_NAMED_IAM' \
  --no-fail-on-empty-changeset
left 'mycompany-deepracer-users-001'

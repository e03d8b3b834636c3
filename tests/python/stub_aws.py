"""A stub of the AWS CLI that keeps the states of stacks in files, for what no server shows: states, faults and times.

Each stack is a file in `STUB_DIR/stacks`: status, digest and tags, in a line with tabs. What is asked goes to `STUB_DIR/log`.
A file `STUB_DIR/faults/COMMAND` or `STUB_DIR/faults/COMMAND.STACK` holds lines that are taken off one by one: an error that
the command ends with, or `after STATUS`, which a stack gets at the end of the change set that is executed. A file
`STUB_DIR/meanwhile/COMMAND.STACK` is what becomes of the stack just before that command.
"""

import os
import shlex
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from patience import PATIENCE

# The bash that runs what is tested. Version 3.2, which macOS has, is another one of one's own: `DEPLOY_BASH=…/bash`.
BASH = os.environ.get("DEPLOY_BASH", "bash")
# The folders with the other programs that it runs, such as those of `other-tools.sh`.
TOOLS = os.environ.get("DEPLOY_TOOLS", "/usr/bin:/bin")
TAGS = '[{"Key":"Environment","Value":"training"},{"Key":"managed-by","Value":"racestack"}]'

PROGRAM = r"""#!/bin/sh
# Made for a test.
dir=${STUB_DIR:?}
service=$1 command=$2
printf '%s\n' "$(printf '%s' "$*" | tr '\n' ' ')" >>"$dir/log"
name='' set='' body='' url='' previous=''
for word in "$@"; do
  case $previous in
    --stack-name) name=$word ;;
    --change-set-name) set=$word ;;
    --template-body) body=${word#file://} ;;
    --tags) tags=$word ;;
    --resource-arn) arn=$word ;;
  esac
  previous=$word
done
[ ! -e "$dir/meanwhile/$command.$name" ] || mv "$dir/meanwhile/$command.$name" "$dir/stacks/$name"
fault=''
for file in "$dir/faults/$command.$name" "$dir/faults/$command"; do
  [ -s "$file" ] || continue
  fault=$(head -n 1 "$file")
  sed -i 1d "$file"
  break
done
case $fault in
  '' | 'after '*) ;;
  *) printf '\n%s\n' "$fault" >&2; exit 254 ;;
esac
case $service/$command in
  sts/get-caller-identity) echo "${STUB_ACCOUNT-111122223333}" ;;
  cloudformation/describe-stacks)
    if [ -n "$name" ]; then
      [ -e "$dir/stacks/$name" ] || { echo "An error occurred (ValidationError): Stack with id $name does not exist" >&2; exit 254; }
      # A status that goes on has lines below it: each look takes one off.
      printf '%s\t' "$name"; head -n 1 "$dir/stacks/$name"
      [ "$(wc -l <"$dir/stacks/$name")" -lt 2 ] || sed -i 1d "$dir/stacks/$name"
    else
      for file in "$dir/stacks"/*; do [ ! -e "$file" ] || { printf '%s\t' "${file##*/}"; head -n 1 "$file"; }; done
    fi ;;
  cloudformation/create-change-set)
    printf '%s\t%s\n' "$(sed -n '/TemplateDigest:/,$s/.*Value: "\(.*\)"/\1/p' "$body")" "$tags" >"$dir/$name.$set" ;;
  cloudformation/describe-change-set)
    case "$*" in
      *ExecutionStatus*)
        # It is over when the stack has come to its last state.
        [ "$(wc -l <"$dir/stacks/$name")" -lt 2 ] && echo EXECUTE_COMPLETE || echo EXECUTE_IN_PROGRESS
        exit 0 ;;
    esac
    [ ! -e "$dir/odd" ] || exit 0
    if [ -e "$dir/invalid.$name" ]; then
      case "$*" in *ChangeSetId*) printf 'arn:aws:cloudformation:ap-northeast-1:111122223333:changeSet/%s/0\n' "$set"; exit 0 ;; esac
      printf 'FAILED\tThe following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. '
      printf 'To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.\n'
      exit 0
    fi
    [ ! -e "$dir/unchanged" ] || { printf "FAILED\tThe submitted information didn't contain changes.\n"; exit 0; }
    case "$*" in *Changes*) printf 'Modify\tThing\tAWS::IAM::User\tTrue\n' ;; *) printf 'CREATE_COMPLETE\tNone\n' ;; esac ;;
  cloudformation/execute-change-set)
    status=UPDATE_COMPLETE
    before=$([ ! -e "$dir/early" ] || { cat "$dir/stacks/$name"; cat "$dir/stacks/$name"; })
    [ -e "$dir/stacks/$name" ] || status=CREATE_COMPLETE
    case $fault in 'after '*) status=${fault#after } ;; esac
    [ ! -e "$dir/keeps-outputs" ] || printf '%s\t%s\n' "$(cut -f 2 "$dir/stacks/$name")" "$tags" >"$dir/$name.$set"
    printf '%sUPDATE_IN_PROGRESS\t-\t-\n%s\t%s\n' "${before:+$before
}" "$status" "$(cat "$dir/$name.$set")" >"$dir/stacks/$name" ;;
  cloudformation/describe-stack-events)
    printf 'Undone\tAWS::IAM::Role\tUPDATE_FAILED\tis in use\n'
    printf '%s\tAWS::CloudFormation::Stack\tUPDATE_ROLLBACK_IN_PROGRESS\tFirst failed\n' "$name"
    printf 'Second\tAWS::IAM::Role\tCREATE_FAILED\tResource creation cancelled\n'
    if [ -e "$dir/failed.$name" ]; then cat "$dir/failed.$name"; else printf 'First\tAWS::IAM::User\tCREATE_FAILED\tbob already exists\n'; fi
    printf '%s\tAWS::CloudFormation::Stack\tCREATE_IN_PROGRESS\tUser Initiated\n' "$name"
    printf 'Older\tAWS::IAM::User\tCREATE_FAILED\tof another day\n' ;;
  cloudformation/describe-events)
    # As AWS does, it takes the ARN of a change set that is there.
    case $set in arn:aws:cloudformation:*:changeSet/*/0) cat "$dir/invalid" ;; *) exit 254 ;; esac ;;
  cloudformation/list-stack-resources)
    case "$*" in *DELETE_FAILED*) printf 'Bucket\n' ;; *) [ ! -e "$dir/resources.$name" ] || cat "$dir/resources.$name" ;; esac ;;
  sagemaker/list-training-jobs) [ ! -e "$dir/jobs" ] || cut -d ' ' -f 1 "$dir/jobs" ;;
  sagemaker/list-tags)
    # A query for one value answers None where there is no tag.
    found=$(sed -n "s|^$arn ||p" "$dir/jobs")
    case $found:$* in :*'| [0]'*) echo None ;; :*) ;; *) echo "$found" ;; esac ;;
  iam/get-group) [ ! -e "$dir/members" ] || cat "$dir/members" ;;
  iam/get-login-profile | iam/get-user) echo 'An error occurred (NoSuchEntity)' >&2; exit 254 ;;
esac
exit 0
"""


def stack_lines(*states: str, digest: str = "-", tags: str = TAGS) -> str:
    """The file of a stack."""
    return "".join(f"{state}\t{digest}\t{tags}\n" for state in states)


@dataclass(frozen=True)
class StubAws:
    """A folder with a stub `aws` and the stacks that it knows."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "StubAws":
        """Make the stub, of an account without stacks."""
        for name in ("bin", "stacks", "faults", "meanwhile"):
            (folder / name).mkdir(parents=True)
        program = folder / "bin" / "aws"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        return cls(folder)

    @property
    def environment(self) -> dict[str, str]:
        """With no more in it than a machine has."""
        path = f"{self.folder / 'bin'}:{TOOLS}"
        return {"PATH": path, "STUB_DIR": str(self.folder), "RETRY_SECONDS": "0", "HOME": str(self.folder)}

    def stack(self, name: str, *states: str, digest: str = "-", tags: str = TAGS) -> None:
        """Have a stack that is in these states, one after the other; the last stays."""
        (self.folder / "stacks" / f"mycompany-deepracer-{name}").write_text(stack_lines(*states, digest=digest, tags=tags))

    def meanwhile(self, command: str, name: str, *states: str, digest: str = "-") -> None:
        """Have another deployment bring a stack into these states just before this one's command."""
        (self.folder / "meanwhile" / f"{command}.mycompany-deepracer-{name}").write_text(stack_lines(*states, digest=digest))

    def status(self, name: str) -> str:
        """The last state of a stack."""
        return (self.folder / "stacks" / f"mycompany-deepracer-{name}").read_text().splitlines()[-1].split("\t")[0]

    def fault(self, command: str, *lines: str) -> None:
        """Have the next calls of a command fail, or end as the lines say."""
        (self.folder / "faults" / command).write_text("".join(f"{line}\n" for line in lines))

    def leavers(
        self, name: str, count: int, staying: Iterable[str] = ("sato.hana", "taro-kun", "mei"), script: Path | None = None
    ) -> None:
        """Have a stack hold users who are in no template, beside those who stay; and a `deploy.sh` know that they left."""
        if script:
            left = "".join(f"- gone.{number}\n" for number in range(count))
            script.write_text(script.read_text().replace("\nusers='\n", f"\nusers='\n{left}"))
        lines = [f"AWS::IAM::User\tStays{number}User\t{user}\n" for number, user in enumerate(staying)]
        lines += [f"AWS::IAM::User\tGone{number}User\tgone.{number}\n" for number in range(count)]
        (self.folder / f"resources.mycompany-deepracer-{name}").write_text("".join(lines))

    def jobs(self, **owners: str) -> None:
        """Have these training jobs run, each with the user whom its tag names."""
        arn = "arn:aws:sagemaker:ap-northeast-1:111122223333:training-job"
        lines = [f"{arn}/{job} {owner}\n" for job, owner in owners.items()]
        (self.folder / "jobs").write_text("".join(lines))

    def asked(self) -> list[str]:
        """What was asked since the last time: the service and the command of each call."""
        log = self.folder / "log"
        lines = [" ".join(line.split()[:2]) for line in log.read_text().splitlines()] if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    def run(self, script: Path, *options: str, shell: str = BASH, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a deploy.sh."""
        return subprocess.run(
            [*shlex.split(shell), script, *options],
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            cwd=os.fspath(self.folder),
        )

"""An account that the version before deployed, upgraded stack by stack: at no moment does anybody lose or gain access.

`tests/upgrade` holds what that version wrote. What IAM holds is read back after each stack and put to an independent
simulator. Within the update of one stack, where CloudFormation documents no order, every order is tried.
"""

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import oracle
from moto_server import ACCOUNT_ID, OTHER_ACCOUNT_ID, REGION, MotoServer
from oracle import Asked, Document
from patience import PATIENCE
from test_deploy import creation_dates
from workspace import REPOSITORY, SLOW, binary

IDS = {"hardened": ACCOUNT_ID, "documented": OTHER_ACCOUNT_ID}
SUSPENDED = {"hardened": "sato.hana", "documented": "lee.jiwoo"}
SUBNET = "subnet-0123456789abcdef0"
OUTPUT_KEY = "arn:aws:kms:ap-northeast-1:111122223333:key/11111111-2222-3333-4444-555555555555"

# What a notebook role may of its owner's, and what a user may of their own.
OWN_OF_ROLE = {"read", "write", "list", "stop", "log", "pass", "train", "tag"}
OWN_OF_USER = {"read", "write", "list", "stop", "open", "pass", "train", "tag"}
# What the documented policies let a user do with another's things, too, and what with nobody's.
WEAK_IN_DOCUMENTED = {"list", "pass", "train"}
NOT_IN_DOCUMENTED = {"tag"}

# Who, to whose, what.
Access = set[tuple[str, str, str]]


@dataclass(frozen=True)
class Holder:
    """What IAM holds of a user or a role: policies by how they are attached, boundary and tags."""

    kind: str
    name: str
    arn: str
    policies: dict[str, Document]
    boundary: Document | None
    tags: dict[str, str]

    @property
    def label(self) -> str:
        """The holder as an access names it."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Things:
    """What requests are about: each person's notebook with its tags, and the bucket with its policy."""

    names: list[str]
    notebooks: dict[str, tuple[str, dict[str, str]]]
    bucket: str
    bucket_policy: Document


@dataclass(frozen=True)
class Account:
    """The account of the fixture, before and after the upgrade."""

    name: str
    root: Path
    moto: MotoServer

    @property
    def id(self) -> str:
        """The account's ID."""
        return IDS[self.name]

    def stacks(self) -> list[str]:
        """The stacks that synth wrote last, in the order of their deployment."""
        manifest = json.loads((self.root / "out" / self.name / "manifest.json").read_text())
        return [stack["name"] for stack in manifest["stacks"]]

    def synth(self) -> None:
        """Write the stacks anew, with the racestack to test."""
        command = [binary(), "synth", "--config", self.root / "config", "--out", self.root / "out"]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert finished.returncode == 0, finished.stderr

    def deploy(self, *, only: Iterable[str] = ()) -> None:
        """Run deploy.sh, for the stacks `only` alone if any are named."""
        options = [option for stack in only for option in ("--only", stack)]
        finished = subprocess.run(
            ["bash", self.root / "out" / self.name / "deploy.sh", *options],
            env=self.moto.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.fixture(params=IDS if SLOW else ["hardened"])
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Account:
    """An account as the version before deployed it, in use: with an access key for each user."""
    oracle.install()
    moto: MotoServer = request.getfixturevalue("moto" if IDS[request.param] == ACCOUNT_ID else "other_moto")
    shutil.copytree(REPOSITORY / "tests" / "upgrade", tmp_path, dirs_exist_ok=True)
    made = Account(request.param, tmp_path, moto)
    made.deploy()
    for user in moto.client("iam").list_users()["Users"]:
        moto.client("iam").create_access_key(UserName=user["UserName"])
    return made


def test_nobody_loses_or_gains_access_between_two_stacks(account: Account) -> None:
    expected, things = expected_access(account), belongings(account)
    assert access(account, holders(account)) == expected
    old_stacks = account.stacks()
    account.synth()
    assert account.stacks() == [*old_stacks[:-1], "mycompany-deepracer-notebooks", old_stacks[-1]]

    for stack in account.stacks():
        account.deploy(only=[stack])
        if stack.endswith("-access"):
            expected |= gained_by_upgrade(account)
        assert access(account, holders(account)) == expected, f"after {stack}"
        assert belongings(account) == things, f"after {stack}"

    account.deploy()
    assert access(account, holders(account)) == expected
    assert belongings(account) == things
    check_new_form(account)


def test_within_a_stack_no_order_of_calls_opens_more_than_is_documented(account: Account) -> None:
    """Each set of the single changes of a user or role may have been made, and the others not yet."""
    expected = expected_access(account) | gained_by_upgrade(account)
    account.synth()
    *others, users_stack = account.stacks()
    account.deploy(only=others)
    before = {holder.label: holder for holder in holders(account)}
    account.deploy(only=[users_stack])
    after = {holder.label: holder for holder in holders(account)}
    assert before.keys() == after.keys()
    suspended = SUSPENDED[account.name]
    if not SLOW:
        # The others change as the first of them does.
        first = next(holder.name for holder in before.values() if holder.kind == "role" and holder.name != suspended)
        before = {label: holder for label, holder in before.items() if holder.name in (suspended, first)}

    lost: set[tuple[str, str]] = set()
    gained: set[str] = set()
    states = 0
    for label, old in before.items():
        mine = {entry for entry in expected if entry[0] == label}
        between = list(states_between(old, after[label]))
        states += len(between)
        for found in accesses(account, between):
            lost |= {(label, what) for _, _, what in mine - found}
            if found - mine:
                gained.add(label)
                # Not even then is anything of another's open that is not to those who are not suspended.
                assert {what for _, whose, what in found - mine if whose != old.name} <= weak(account, old)
    notebooks = {holder.label for holder in before.values() if holder.kind == "role"}
    # Until the role has its tag `notebook`, its notebook writes no log.
    assert lost == {(label, "log") for label in notebooks if label != f"role {suspended}"}
    # Until the new denial is attached, and when the old one is gone already.
    assert gained == {f"user {suspended}", f"role {suspended}"}
    assert states >= 2 * len(before)


def weak(account: Account, holder: Holder) -> set[str]:
    """What a user of this profile may of others' things."""
    return WEAK_IN_DOCUMENTED if holder.kind == "user" and account.name == "documented" else set()


def gained_by_upgrade(account: Account) -> Access:
    """What is allowed from the access stack on: with the documented policies, too, a job gets a tag as it is made."""
    if account.name != "documented":
        return set()
    users = [holder for holder in holders(account) if holder.kind == "user" and holder.name != SUSPENDED[account.name]]
    return {(user.label, user.name, what) for user in users for what in NOT_IN_DOCUMENTED}


def expected_access(account: Account) -> Access:
    """What is allowed at any time."""
    expected: Access = set()
    things = read_things(account)
    for holder in holders(account):
        if holder.name == SUSPENDED[account.name]:
            # The notebook of a suspended person may still stop itself.
            expected |= {(holder.label, holder.name, "stop")} if holder.kind == "role" else set()
            continue
        own = OWN_OF_ROLE if holder.kind == "role" else OWN_OF_USER
        if holder.name not in things.notebooks:
            own = own - {"stop", "open", "pass"}
        if holder.kind == "user" and account.name == "documented":
            own = own - NOT_IN_DOCUMENTED
        if holder.kind == "role" and account.name == "hardened":
            own = own | {"network"}
        expected |= {(holder.label, holder.name, what) for what in own}
        expected |= {
            (holder.label, name, what)
            for name in things.names
            if name != holder.name
            for what in weak(account, holder)
            if what != "pass" or name in things.notebooks
        }
    return expected


def access(account: Account, found: list[Holder]) -> Access:
    """What the users and roles may do to their own and to each other's things."""
    return set().union(*accesses(account, found))


def accesses(account: Account, found: list[Holder]) -> list[Access]:
    """The same, for each of them."""
    things = read_things(account)
    asked = [
        (place, (holder.label, whose, what), request)
        for place, holder in enumerate(found)
        for whose, what, request in requests(account, holder, things)
    ]
    told: list[Access] = [set() for _ in found]
    for (place, entry, _), allowed in zip(
        asked, oracle.are_allowed(request for _, _, request in asked), strict=True
    ):
        if allowed:
            told[place].add(entry)
    return told


def requests(account: Account, holder: Holder, things: Things) -> Iterator[tuple[str, str, Asked]]:
    """What is asked about a holder: to whose things, what, and the request."""
    sagemaker = f"arn:aws:sagemaker:{REGION}:{account.id}"
    bucket = f"arn:aws:s3:::{things.bucket}"

    def asked(action: str, resource: str, **context: Any) -> Asked:
        return Asked(
            principal=holder.arn if holder.kind == "user" else session(account, holder),
            account=account.id,
            action=action,
            resource=resource,
            context=said_of(account, holder) | {key.replace("__", ":"): value for key, value in context.items()},
            identity=list(holder.policies.values()),
            boundary=holder.boundary,
            resource_policy=things.bucket_policy if resource.startswith("arn:aws:s3:::") else None,
        )

    for whose in things.names:
        folder = f"{bucket}/{whose}/model.tar.gz"
        job = f"{sagemaker}:training-job/job"
        tags = {"aws:RequestTag/user": whose, "aws:TagKeys": ["user"]}
        # Jobs must be as the settings have it: in the subnet, and with the bucket's key.
        as_set = {"sagemaker:VpcSubnets": [SUBNET], "sagemaker:OutputKmsKey": OUTPUT_KEY}
        yield whose, "read", asked("s3:GetObject", folder)
        yield whose, "write", asked("s3:PutObject", folder)
        yield whose, "list", asked("s3:ListBucket", bucket, s3__prefix=f"{whose}/")
        yield whose, "train", asked("sagemaker:CreateTrainingJob", job, **as_set, **tags)
        yield whose, "tag", asked("sagemaker:AddTags", job, sagemaker__TaggingAction="CreateTrainingJob", **tags)
        secret = f"arn:aws:secretsmanager:{REGION}:{account.id}:secret:mycompany-deepracer/{whose}/password-AbCdEf"
        yield whose, "password", asked("secretsmanager:GetSecretValue", secret)
        role = f"arn:aws:iam::{account.id}:role/deepracer/notebook/{whose}"
        for kind in ("Tag", "Untag"):
            yield whose, f"{kind} role", asked(f"iam:{kind}Role", role, aws__TagKeys=["user"])
        if whose not in things.notebooks:
            continue
        notebook, tags = things.notebooks[whose]
        arn = f"{sagemaker}:notebook-instance/{notebook}"
        its = {f"{service}:ResourceTag/user": tags["user"] for service in ("aws", "sagemaker")}
        yield whose, "stop", asked("sagemaker:StopNotebookInstance", arn, **its)
        yield whose, "open", asked("sagemaker:CreatePresignedNotebookInstanceUrl", arn, **its)
        stream = f"log-group:/aws/sagemaker/NotebookInstances:log-stream:{notebook}/jupyter.log"
        yield whose, "log", asked("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{account.id}:{stream}")
        yield whose, "pass", asked("iam:PassRole", role, iam__PassedToService="sagemaker.amazonaws.com")
    subnet = f"arn:aws:ec2:{REGION}:{account.id}:subnet/{SUBNET}"
    yield holder.name, "network", asked("ec2:CreateNetworkInterface", subnet)


def session(account: Account, role: Holder) -> str:
    """What acts on a notebook: the role, as SageMaker takes it."""
    return f"arn:aws:sts::{account.id}:assumed-role/{role.name}/SageMaker"


def said_of(account: Account, holder: Holder) -> dict[str, Any]:
    """What AWS says of whoever asks, in each request."""
    who = (
        {"aws:username": holder.name, "aws:PrincipalType": "User", "aws:userid": "AIDACKCEVSQ6C2EXAMPLE"}
        if holder.kind == "user"
        else {"aws:PrincipalType": "AssumedRole", "aws:userid": "AROACKCEVSQ6C2EXAMPLE:SageMaker"}
    )
    tags = {f"aws:PrincipalTag/{key}": value for key, value in holder.tags.items()}
    always = {"aws:SecureTransport": "true", "aws:PrincipalAccount": account.id, "aws:PrincipalArn": holder.arn}
    return always | who | tags


def holders(account: Account) -> list[Holder]:
    """All users and roles, as IAM holds them now."""
    iam = account.moto.client("iam")
    found = []
    for user in iam.list_users()["Users"]:
        name = user["UserName"]
        policies = policies_of(iam, "user", name)
        for group in iam.list_groups_for_user(UserName=name)["Groups"]:
            policies |= policies_of(iam, "group", group["GroupName"])
        tags = iam.list_user_tags(UserName=name)["Tags"]
        found.append(holder("user", iam, iam.get_user(UserName=name)["User"], policies, tags))
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        tags = iam.list_role_tags(RoleName=name)["Tags"]
        policies = policies_of(iam, "role", name)
        found.append(holder("role", iam, iam.get_role(RoleName=name)["Role"], policies, tags))
    return found


def holder(kind: str, iam: Any, shown: dict[str, Any], policies: dict[str, Document], tags: list[Any]) -> Holder:
    """A user or role of which IAM shows this."""
    boundary = shown.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return Holder(
        kind=kind,
        name=shown[f"{kind.title()}Name"],
        arn=shown["Arn"],
        policies=policies,
        boundary=document(iam, boundary) if boundary else None,
        tags={tag["Key"]: tag["Value"] for tag in tags},
    )


def policies_of(iam: Any, kind: str, name: str) -> dict[str, Document]:
    """The managed and inline policies of a `user`, `role` or `group`."""
    who = {f"{kind.title()}Name": name}
    attached = getattr(iam, f"list_attached_{kind}_policies")(**who)["AttachedPolicies"]
    inline = getattr(iam, f"list_{kind}_policies")(**who)["PolicyNames"]
    read = getattr(iam, f"get_{kind}_policy")
    return {f"{kind} {policy['PolicyArn']}": document(iam, policy["PolicyArn"]) for policy in attached} | {
        f"{kind} inline {policy}": read(**who, PolicyName=policy)["PolicyDocument"] for policy in inline
    }


def document(iam: Any, arn: str) -> Document:
    """What a managed policy says now."""
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def states_between(old: Holder, new: Holder) -> Iterator[Holder]:
    """All states that the changes of one update can lead through, in any order, before and after included."""
    changes: list[tuple[str, str]] = [
        ("policies", key) for key in old.policies | new.policies if old.policies.get(key) != new.policies.get(key)
    ]
    changes += [("tags", key) for key in old.tags | new.tags if old.tags.get(key) != new.tags.get(key)]
    if old.boundary != new.boundary:
        changes.append(("boundary", ""))
    for count in range(len(changes) + 1):
        for made in itertools.combinations(changes, count):
            state = old
            for field, key in made:
                value = getattr(new, field)
                if key:
                    rest = {known: entry for known, entry in getattr(state, field).items() if known != key}
                    value = rest | {known: entry for known, entry in value.items() if known == key}
                state = replace(state, **{field: value})
            yield state


def read_things(account: Account) -> Things:
    """What the account holds now that requests are about."""
    iam, s3, sagemaker = (account.moto.client(service) for service in ("iam", "s3", "sagemaker"))
    (bucket,) = (bucket["Name"] for bucket in s3.list_buckets()["Buckets"])
    found = {}
    for notebook in sagemaker.list_notebook_instances()["NotebookInstances"]:
        shown = sagemaker.list_tags(ResourceArn=notebook["NotebookInstanceArn"])["Tags"]
        tags = {tag["Key"]: tag["Value"] for tag in shown}
        found[tags["user"]] = (notebook["NotebookInstanceName"], tags)
    return Things(
        names=[user["UserName"] for user in iam.list_users()["Users"]],
        notebooks=found,
        bucket=bucket,
        bucket_policy=json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]),
    )


def belongings(account: Account) -> dict[str, Any]:
    """What must stay what it is: users, roles, notebooks, bucket, keys and first passwords, by when they were made."""
    iam, sagemaker, secrets = (account.moto.client(service) for service in ("iam", "sagemaker", "secretsmanager"))
    keys = {
        f"keys of {user['UserName']}": iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        for user in iam.list_users()["Users"]
    }
    instances = sagemaker.list_notebook_instances()["NotebookInstances"]
    arns = {f"ARN of {one['NotebookInstanceName']}": one["NotebookInstanceArn"] for one in instances}
    types = {f"type of {one['NotebookInstanceName']}": one["InstanceType"] for one in instances}
    passwords = {secret["Name"]: secret["ARN"] for secret in secrets.list_secrets()["SecretList"]}
    bucket = {"bucket": account.moto.client("s3").list_buckets()["Buckets"]}
    return creation_dates(account.moto) | keys | arns | types | passwords | bucket


def check_new_form(account: Account) -> None:
    """Afterwards no role has an inline policy, and all notebooks have the one lifecycle configuration."""
    iam, sagemaker = account.moto.client("iam"), account.moto.client("sagemaker")
    things = read_things(account)
    for found in holders(account):
        assert not [name for name in found.policies if " inline " in name], found.label
        assert found.tags["user"] == found.name
        if found.kind == "role":
            boundary = iam.get_role(RoleName=found.name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
            assert boundary.endswith(":policy/deepracer/mycompany-deepracer-notebook-boundary")
            assert found.tags["notebook"] == things.notebooks[found.name][0]
    for name, (notebook, _) in things.notebooks.items():
        shown = sagemaker.describe_notebook_instance(NotebookInstanceName=notebook)
        assert shown["NotebookInstanceLifecycleConfigName"] == "mycompany-deepracer-notebooks"
        assert shown["NotebookInstanceStatus"] == ("Stopped" if name == SUSPENDED[account.name] else "InService")
    with pytest.raises(ClientError, match="Unable to describe Notebook Instance Lifecycle Config"):
        sagemaker.describe_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName="mycompany-deepracer-users-001"
        )

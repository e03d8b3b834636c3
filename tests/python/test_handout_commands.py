"""A person works through their handout: every address and every command in it, one after the other, on the stand, where policies
decide."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from moto_server import ACCOUNT_ID, REGION
from patience import PATIENCE
from stand_server import BUCKET, IMAGE, NOTEBOOKS, RACER, Stand, role_arn
from test_handout import blocks
from workspace import SLOW, binary

NOTEBOOK = NOTEBOOKS[RACER]
DEVICE = f"arn:aws:iam::{ACCOUNT_ID}:mfa/{RACER}"
START_UP_FILE = "/etc/ipython/startup/50-racestack.py"
# What the page has beside commands of the AWS CLI: of Python, which `test_racer_sdk.py` tries.
OTHERS = [["pip", "install", "sagemaker<3"], ["python", "-c"]]
# What is asked for all of these at least, with every setting.
AT_LEAST = {
    "configure set", "configure --profile", "sts get-caller-identity", "s3 ls", "s3 cp", "s3 sync", "s3api list-object-versions",
    "s3api get-object", "sagemaker start-notebook-instance", "sagemaker wait", "sagemaker create-presigned-notebook-instance-url",
    "sagemaker stop-notebook-instance", "sagemaker list-training-jobs", "sagemaker describe-training-job", "logs describe-log-streams",
    "logs get-log-events", "sagemaker stop-training-job", "iam list-access-keys", "iam create-access-key", "iam update-access-key",
    "iam delete-access-key",
}  # fmt: skip


class Person:
    """Somebody with their handout, a computer that knows nothing of AWS yet, and a terminal."""

    def __init__(self, stand: Stand, folder: Path):
        self.stand, self.folder = stand, folder
        racer = stand.user(RACER)
        self.environment = {key: value for key, value in racer.environment().items() if key not in racer.keys}
        self.environment |= {
            "HOME": str(folder),
            "AWS_CONFIG_FILE": str(folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        }
        # The handout says the region.
        for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            self.environment.pop(variable, None)
        # What `aws configure` is answered with: the key of the moment.
        self.key = (racer.keys["AWS_ACCESS_KEY_ID"], racer.keys["AWS_SECRET_ACCESS_KEY"])
        # What a person puts in the place of the words in capitals, as the answers before say.
        self.words = {
            "CODE": "123456",
            "OLD_KEY_ID": self.key[0],
            "STARTUP/50-racestack.py": str(folder / "50-startup.py"),
            START_UP_FILE: str(folder / "50-racestack.py"),
        }
        (folder / "reward_function.py").write_text("def reward_function(params):\n    return 1.0\n")
        (folder / "50-racestack.py").write_text("# As on the notebook.\n")
        self.done: list[str] = []

    def page(self) -> str:
        """The handout, as Markdown."""
        command = [binary(), "handout", "--account", "tokyo", "--user", RACER, "--config", self.stand.workspace.root / "config"]
        made = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert made.returncode == 0, made.stderr
        return made.stdout

    def follow(self, line: str) -> None:
        """Type a line of the page's, with what is asked for."""
        words = shlex.split(line)
        if words[0] == "export":
            self.environment |= dict([words[1].split("=", 1)])
            return
        if words[0] != "aws":
            assert any(words[: len(other)] == other for other in OTHERS), line
            return
        filled = [self.words.get(word, word) for word in words]
        assert not [word for word in filled if re.fullmatch("[A-Z][A-Z_/]+[A-Z1-9/]", word)], line
        if words[1] == "iam" and "SESSION_TOKEN" in self.words:
            # Of a session with a second factor, moto does not know whose it is, as IAM does.
            filled += ["--user-name", RACER]
        asks = words[1] == "configure" and words[2] != "set"
        finished = subprocess.run(
            filled, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
            input="\n".join((*self.key, "", "", "")) if asks else "",
        )  # fmt: skip
        assert finished.returncode == 0, f"{line}\n{finished.stdout}{finished.stderr}"
        self.done.append(" ".join(words[1:3]))
        self.learn(words[2], finished.stdout)

    def learn(self, command: str, answer: str) -> None:
        """Keep of an answer what the page asks for later."""
        match command:
            case "get-session-token" | "create-access-key":
                made = next(iter(json.loads(answer).values()))
                self.key = (made["AccessKeyId"], made["SecretAccessKey"])
                self.words |= {"SESSION_TOKEN": made["SessionToken"]} if "SessionToken" in made else {"NEW_KEY_ID": made["AccessKeyId"]}
            case "list-object-versions":
                self.words["VERSION_ID"] = answer.splitlines()[-1].split("\t")[0]
            case "get-caller-identity":
                assert re.search(rf"/({RACER}{'|moto' if 'SESSION_TOKEN' in self.words else ''})\"?\n", answer), answer
            case "create-presigned-notebook-instance-url":
                assert answer.startswith(f"https://{NOTEBOOK}.notebook.{REGION}.sagemaker.aws")
            case "list-training-jobs":
                self.words["JOB"] = json.loads(answer)["TrainingJobSummaries"][0]["TrainingJobName"]
                self.words["JOB/"] = self.words["JOB"] + "/"
            case "describe-log-streams":
                self.words["STREAM"] = json.loads(answer)["logStreams"][0]["logStreamName"]
            case "get-log-events":
                assert "Training seed" in answer


def without_device(stand: Stand) -> None:
    """Take the person's second factor away, if there is one."""
    iam = stand.moto.client("iam")
    for device in iam.list_mfa_devices(UserName=RACER)["MFADevices"]:
        iam.deactivate_mfa_device(UserName=RACER, SerialNumber=device["SerialNumber"])
    for device in iam.list_virtual_mfa_devices()["VirtualMFADevices"]:
        if device["SerialNumber"] == DEVICE:
            iam.delete_virtual_mfa_device(SerialNumber=DEVICE)


def endless_job(stand: Stand) -> None:
    """Start a training job that runs until it is stopped, as on the notebook."""
    stand.notebook(RACER).client("sagemaker").create_training_job(
        TrainingJobName=f"{NOTEBOOK}--handout-{os.urandom(4).hex()}",
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        RoleArn=role_arn(RACER),
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/{RACER}/models"},
        ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
        HyperParameters={"endless": "true"},
        Tags=[{"Key": "user", "Value": RACER}],
    )


@pytest.mark.parametrize("stand", ["hardened", "documented", "console", "shared"] if SLOW else ["shared"], indirect=True)
def test_a_person_works_through_their_handout(stand: Stand, tmp_path: Path) -> None:
    person = Person(stand, tmp_path)
    page = person.page()
    sagemaker = stand.moto.client("sagemaker")
    sagemaker.stop_notebook_instance(NotebookInstanceName=NOTEBOOK)
    for job in sagemaker.list_training_jobs()["TrainingJobSummaries"]:
        if job["TrainingJobStatus"] == "InProgress":
            sagemaker.stop_training_job(TrainingJobName=job["TrainingJobName"])
    for job in sagemaker.list_training_jobs()["TrainingJobSummaries"]:
        sagemaker.delete_training_job(TrainingJobName=job["TrainingJobName"])
    endless_job(stand)
    without_device(stand)
    is_shared = "shared_folders" in stand.workspace.settings
    for key in ("materials/track.npy", "teams/blue/model.tar.gz") if is_shared else ():
        # `aws s3 ls` ends with 1 where it finds nothing.
        stand.moto.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")
    if "get-session-token" in page:
        # In the console, or by the commands that the page has for who has no password.
        iam = stand.moto.client("iam")
        iam.create_virtual_mfa_device(VirtualMFADeviceName=RACER)
        codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
        iam.enable_mfa_device(UserName=RACER, SerialNumber=DEVICE, **codes)
    for language, code in blocks(page):
        for line in code.splitlines() if language == "sh" else []:
            person.follow(line)
    assert AT_LEAST <= set(person.done), AT_LEAST - set(person.done)
    assert (f"aws s3 ls s3://{BUCKET}/materials/" in page) == (f'aws s3 ls "s3://{BUCKET}/teams/blue/"' in page) == is_shared
    (job,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    assert job["TrainingJobStatus"] == "Stopped"
    (key,) = stand.moto.client("iam").list_access_keys(UserName=RACER)["AccessKeyMetadata"]
    assert key["AccessKeyId"] == person.words["NEW_KEY_ID"] != person.words["OLD_KEY_ID"]
    without_device(stand)
    sagemaker.start_notebook_instance(NotebookInstanceName=NOTEBOOK)


@pytest.mark.parametrize("stand", ["documented console"], indirect=True)
def test_the_addresses_of_the_console_open_what_the_person_may_see(stand: Stand, tmp_path: Path) -> None:
    page = Person(stand, tmp_path).page()
    addresses = [urlsplit(found) for found in re.findall(r"<(https://[^>]+)>", page) if "//docs." not in found]
    sign_in, folder, notebook = addresses
    racer = stand.user(RACER)
    assert sign_in.hostname.split(".")[0] == racer.client("sts").get_caller_identity()["Account"]
    bucket, query = folder.path.rsplit("/", 1)[1], parse_qs(folder.query)
    listed = racer.client("s3").list_objects_v2(Bucket=bucket, Prefix=query["prefix"][0], Delimiter="/")
    assert f"{RACER}/reward_function.py" in [held["Key"] for held in listed["Contents"]]
    name = notebook.fragment.rsplit("/", 1)[1]
    assert racer.client("sagemaker").describe_notebook_instance(NotebookInstanceName=name)["NotebookInstanceName"] == NOTEBOOK

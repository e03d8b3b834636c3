"""The SageMaker SDK, versions 2 and 3, with what the notebook's start script prepares for it."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from notebook_sandbox import BUCKET, NOTEBOOK, REPOSITORY, ROLE, Sandbox
from patience import PATIENCE
from workspace import SLOW

SDK = pathlib.Path(__file__).with_name("sdk")
NAME = "tanaka.taro@example"
IMAGE = "111122223333.dkr.ecr.ap-northeast-1.amazonaws.com/deepracer_simapp:1"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
JOB_NAME = re.compile("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
VERSIONS = [2, 3]
# What holds in both, and where these differ little, is tried in short with one of them.
WITH_2, WITH_3 = (VERSIONS if SLOW else [version] for version in VERSIONS)

ESTIMATOR = f"""
from sagemaker.estimator import Estimator
estimator = Estimator("{IMAGE}", instance_count=1, instance_type="ml.c5.xlarge", MORE)
estimator.fit(wait=False, FIT)
print("NAME", estimator.latest_training_job.name)
"""
TRAINER = f"""
from MODULE import ModelTrainer
from sagemakerCONFIGS import Compute
trainer = ModelTrainer(
    training_image="{IMAGE}", compute=Compute(instance_type="ml.c5.xlarge", instance_count=1), MORE
)
trainer.train(wait=False)
print("NAME", trainer._latest_training_job.training_job_name)
"""
SAMPLES = {2: ESTIMATOR, 3: TRAINER.replace("MODULE", "sagemaker.train").replace("CONFIGS", ".train.configs")}


class Kernel:
    """A kernel with one of the versions of the SDK, on the machine that the script prepared."""

    def __init__(self, version, sandbox):
        self.version, self.sandbox = version, sandbox
        self.python = REPOSITORY / f".venv-sagemaker-{version}/bin/python"

    def run(self, code, cwd=None):
        """Runs the code. Returns the requests for training jobs, and the rest of what was printed."""
        environment = {key: value for key, value in os.environ.items() if not re.match("AWS_|SAGEMAKER_|.*_proxy$", key, re.IGNORECASE)}
        environment |= {
            "AWS_DEFAULT_REGION": "ap-northeast-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "HOME": str(self.sandbox.home / "ec2-user"),
            # In the place of /etc/xdg, which the SDK looks in where nothing is set.
            "XDG_CONFIG_DIRS": str(self.sandbox.home / "etc/xdg"),
            "ROLE": ROLE,
        }
        done = subprocess.run(
            [self.python, SDK / "kernel.py", self.sandbox.startup.parent / "*.py"],
            input=code,
            env=environment,
            cwd=cwd or self.sandbox.home,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.left = [line for line in done.stderr.splitlines() if line.startswith("LEFT ")]
        lines = done.stdout.splitlines()
        jobs = [json.loads(line[len("JOB ") :]) for line in lines if line.startswith("JOB ")]
        return jobs, "\n".join(line for line in lines if not line.startswith("JOB "))

    def train(self, more="", fit=""):
        """Trains as the SDK's samples do. Returns the request, after a look at whether the SDK knows its own job."""
        (job,), printed = self.run(SAMPLES[self.version].replace("MORE", more).replace("FIT", fit))
        # The SDK would report each call to a bucket of AWS's.
        assert self.left == []
        assert f"NAME {job['TrainingJobName']}\n" in printed + "\n"
        assert JOB_NAME.fullmatch(job["TrainingJobName"])
        return job


@pytest.fixture(params=VERSIONS)
def kernel(request, tmp_path):
    subprocess.run([SDK / "install.sh", str(request.param)], timeout=PATIENCE, check=True)
    return Kernel(request.param, Sandbox(tmp_path))


@pytest.mark.parametrize("kernel", WITH_3, indirect=True)
def test_the_sdk_looks_where_the_script_writes(kernel):
    kernel.sandbox.start()
    module = {2: "sagemaker.config.config", 3: "sagemaker.core.config.config"}[kernel.version]
    code = f"import os\ndel os.environ['XDG_CONFIG_DIRS']\nimport {module} as found\n"
    _, printed = kernel.run(code + "print(found._DEFAULT_ADMIN_CONFIG_FILE_PATH)\n")
    assert printed.splitlines()[-1] == "/etc/xdg/sagemaker/config.yaml"


@pytest.mark.parametrize("kernel", WITH_2, indirect=True)
def test_a_session_takes_the_defaults_up(kernel):
    kernel.sandbox.start()
    module = {2: "sagemaker", 3: "sagemaker.core.helper.session_helper"}[kernel.version]
    _, printed = kernel.run(
        f"from {module} import Session\ns = Session()\nprint('SESSION', s.default_bucket(), s.default_bucket_prefix)"
    )
    assert f"SESSION {BUCKET} {NAME}/sagemaker" in printed


def test_an_unchanged_sample_asks_for_a_job_of_ones_own(kernel):
    kernel.sandbox.is_like(SubnetId="subnet-1", SecurityGroups=["sg-1"], KmsKeyId="arn:aws:kms:::key/1")
    kernel.sandbox.start()
    job = kernel.train()
    assert re.fullmatch(rf"{NOTEBOOK}--deepracer-simapp(-job)?-[-0-9]+", job["TrainingJobName"])
    assert job["RoleArn"] == ROLE
    assert job["Tags"] == [{"Key": "user", "Value": NAME}]
    assert job["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert job["ResourceConfig"]["VolumeKmsKeyId"] == "arn:aws:kms:::key/1"
    assert job["OutputDataConfig"]["S3OutputPath"].startswith(f"s3://{BUCKET}/{NAME}/sagemaker")


@pytest.mark.parametrize("kernel", WITH_2, indirect=True)
def test_a_base_name_gets_the_beginning_once(kernel):
    kernel.sandbox.start()
    samples = [f"base_job_name='{base}'" for base in ("rl-deepracer", f"{NOTEBOOK}--rl-deepracer")]
    jobs, _ = kernel.run("".join(SAMPLES[kernel.version].replace("MORE", more).replace("FIT", "") for more in samples))
    assert len(jobs) == len(samples)
    for job in jobs:
        assert re.fullmatch(rf"{NOTEBOOK}--rl-deepracer-[-0-9]+", job["TrainingJobName"])


@pytest.mark.parametrize("kernel", WITH_2, indirect=True)
def test_tags_of_the_code_stand_beside_ones_own(kernel):
    kernel.sandbox.start()
    job = kernel.train("tags=[{'Key': 'lap', 'Value': '1'}]" if kernel.version == 2 else "tags=[{'key': 'lap', 'value': '1'}]")
    assert sorted(tag["Key"] for tag in job["Tags"]) == ["lap", "user"]


@pytest.mark.parametrize("kernel", WITH_3, indirect=True)
@pytest.mark.parametrize("length", [37, 38, 53] if SLOW else [38])
def test_a_long_name_of_a_notebook_keeps_job_names_valid(kernel, length):
    notebook = "n" * length
    kernel.sandbox.is_called(notebook)
    kernel.sandbox.start()
    name = kernel.train("base_job_name='" + "a-b_" * 20 + "'")["TrainingJobName"]
    assert name.startswith(f"{notebook}--") and len(name) > length + 2 + 6


def test_a_notebook_whose_name_is_too_long_leaves_job_names_alone(kernel):
    kernel.sandbox.is_called("n" * 54)
    kernel.sandbox.start()
    assert "too long" in (kernel.sandbox.folder / "README.md").read_text()
    assert not kernel.sandbox.startup.exists()


@pytest.mark.parametrize("kernel", WITH_3, indirect=True)
def test_switched_off_the_sdk_is_as_it_was(kernel):
    kernel.sandbox.start("notebooks: {adapt_sdk: false}\n")
    assert kernel.train("base_job_name='rl-deepracer'")["TrainingJobName"].startswith("rl-deepracer-")


def test_a_kernel_that_does_not_import_the_sdk_is_left_alone(kernel):
    kernel.sandbox.start()
    _, printed = kernel.run("import sys\nprint([m for m in sys.modules if 'sagemaker' in m], leaked)")
    assert printed == "[] []"


@pytest.mark.parametrize("kernel", WITH_3, indirect=True)
def test_the_starter_notebook_trains(kernel):
    kernel.sandbox.start()
    cells = json.loads((kernel.sandbox.folder / "start-here.ipynb").read_text())["cells"]
    code = "\n".join(cell["source"] for cell in cells[:6] if cell["cell_type"] == "code")
    (job,), printed = kernel.run(code, cwd=kernel.sandbox.folder)
    assert job["TrainingJobName"].startswith(f"{NOTEBOOK}--") and job["TrainingJobName"] in printed
    assert job["StoppingCondition"]["MaxRuntimeInSeconds"] == 600
    assert (kernel.sandbox.folder / "starter/train.py").is_file()


@pytest.fixture
def version_2(tmp_path):
    subprocess.run([SDK / "install.sh", "2"], timeout=PATIENCE, check=True)
    return Kernel(2, Sandbox(tmp_path))


def test_a_full_name_stays_as_it_is_and_is_remarked_on(version_2):
    version_2.sandbox.start()
    sample = SAMPLES[2].replace("MORE", "")
    names = ["mine", f"{NOTEBOOK}--mine"]
    jobs, printed = version_2.run("".join(sample.replace("FIT", f"job_name='{name}'") for name in names))
    assert [job["TrainingJobName"] for job in jobs] == names
    assert printed.count("does not begin") == 1
    assert f"`mine` does not begin with `{NOTEBOOK}--`" in printed


def test_the_trainer_of_version_2_begins_names_too(version_2):
    version_2.sandbox.start()
    (job,), _ = version_2.run(
        TRAINER.replace("MODULE", "sagemaker.modules.train").replace("CONFIGS", ".modules.configs").replace("MORE", "")
    )
    assert job["TrainingJobName"].startswith(f"{NOTEBOOK}--")


def test_an_sdk_that_has_changed_still_works(version_2):
    version_2.sandbox.start()
    folder = version_2.sandbox.home / "sagemaker"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "estimator.py").write_text("answer = 42\n")
    _, printed = version_2.run("import sys\nsys.path.insert(0, '.')\nfrom sagemaker.estimator import answer\nprint(answer)")
    assert "The SageMaker SDK is not adapted: sagemaker.estimator" in printed
    assert printed.endswith("42")


def test_without_the_defaults_the_sdk_reports_to_aws(version_2):
    """So that those above, with them, are no accident. Version 3 reports nothing of the calls that are answered here."""
    version_2.sandbox.start()
    defaults = json.loads(version_2.sandbox.defaults.read_text())
    del defaults["SageMaker"]["PythonSDK"]["Modules"]["TelemetryOptOut"]
    version_2.sandbox.defaults.write_text(json.dumps(defaults))
    version_2.run(SAMPLES[2].replace("MORE", "").replace("FIT", ""))
    assert any("sm-pysdk-t-ap-northeast-1.s3." in line for line in version_2.left), version_2.left

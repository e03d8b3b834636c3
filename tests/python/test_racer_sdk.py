"""The SageMaker Python SDK's samples, unchanged, on a notebook and on a laptop: from the defaults file to the log and the model."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from patience import PATIENCE
from stand_server import BUCKET, IMAGE, NOTEBOOKS, OTHER, RACER, Racer, Stand, role_arn
from workspace import REPOSITORY

SDK = Path(__file__).with_name("sdk")
NOTEBOOK = NOTEBOOKS[RACER]
# What the jobs of the stand write into their log, which `fit()` shows.
LOG = "Training seed: 20221130"


@dataclass(frozen=True)
class Sample:
    """A version of the SDK, with its sample. Whatever it looks for elsewhere, nobody answers."""

    version: int
    nobody: str

    def run(self, racer: Racer, folder: Path, defaults: dict[str, object]) -> subprocess.CompletedProcess[str]:
        """Run the sample in a folder, with these defaults."""
        (folder / "src").mkdir(exist_ok=True)
        (folder / "src" / "train.py").write_text("print('training')\n")
        (folder / "data.csv").write_text("1,2\n")
        (folder / "config.yaml").write_text(json.dumps(defaults))
        is_notebook = racer.kind == "role"
        metadata = folder / "resource-metadata.json"
        arn = f"arn:aws:sagemaker:ap-northeast-1:111122223333:notebook-instance/{NOTEBOOK}"
        metadata.write_text(json.dumps({"ResourceArn": arn, "ResourceName": NOTEBOOK}))
        environment = racer.environment() | {
            "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(folder / "config.yaml"),
            "HOME": str(folder),
            "HTTPS_PROXY": f"http://{self.nobody}",
            "IMAGE": IMAGE,
            "OWNER": racer.name,
            "ON_NOTEBOOK": "yes" if is_notebook else "no",
            "BASE_JOB_NAME": f"{NOTEBOOK}--racer",
        }
        python = REPOSITORY / f".venv-sagemaker-{self.version}" / "bin" / "python"
        return subprocess.run(
            [python, SDK / "run_sample.py", SDK / f"sample_{self.version}.py", "", metadata if is_notebook else ""],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


def defaults(name: str) -> dict[str, object]:
    """The SDK's defaults of a person, as their notebook writes them."""
    session = {"DefaultS3Bucket": BUCKET, "DefaultS3ObjectKeyPrefix": f"{name}/sagemaker"}
    job = {"RoleArn": role_arn(name), "Tags": [{"Key": "user", "Value": name}]}
    return {
        "SchemaVersion": "1.0",
        "SageMaker": {"PythonSDK": {"Modules": {"Session": session}}, "TrainingJob": job},
    }


@pytest.fixture(params=[2, 3])
def sample(request: pytest.FixtureRequest, nobody: str) -> Sample:
    """The sample of each version of the SDK."""
    subprocess.run([SDK / "install.sh", str(request.param)], timeout=PATIENCE, check=True)
    return Sample(request.param, nobody)


@pytest.mark.parametrize("kind", ["role", "user"])
def test_a_sample_trains(stand: Stand, sample: Sample, tmp_path: Path, kind: str) -> None:
    finished = sample.run(stand.racer(kind, RACER), tmp_path, defaults(RACER))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert f"bucket: {BUCKET}" in finished.stdout
    assert f"data: s3://{BUCKET}/{RACER}/sagemaker/" in finished.stdout
    # Version 2 prints the log, version 3 hands it to the logger.
    assert LOG in finished.stdout + finished.stderr
    assert f"job: {NOTEBOOK}--" in finished.stdout
    assert f"model: s3://{BUCKET}/{RACER}/sagemaker/" in finished.stdout


@pytest.mark.parametrize("stand", ["hardened"], indirect=True)
def test_with_anothers_defaults_nothing_is_uploaded(stand: Stand, sample: Sample, tmp_path: Path) -> None:
    before = len(stand.entries())
    finished = sample.run(stand.user(RACER), tmp_path, defaults(OTHER))
    assert finished.returncode != 0
    refused = [json.dumps(entry) for entry in stand.entries()[before:] if entry["outcome"] == "refused"]
    assert any(OTHER in entry for entry in refused)
    assert "data: s3:" not in finished.stdout
    kept = stand.moto.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{OTHER}/sagemaker/")
    assert "Contents" not in kept

"""The SageMaker Python SDK's samples, unchanged, on a notebook and on a laptop: from the defaults file to the log and the model."""

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import templates
from moto_server import ACCOUNT_ID, REGION
from patience import PATIENCE
from stand_server import BUCKET, IMAGE, NOTEBOOKS, OTHER, RACER, Racer, Stand, role_arn
from workspace import REPOSITORY, SLOW

SDK = Path(__file__).with_name("sdk")
NOTEBOOK = NOTEBOOKS[RACER]
# What the jobs of the stand write into their log, which `fit()` shows.
LOG = "Training seed: 20221130"


@dataclass(frozen=True)
class Sample:
    """A version of the SDK, with its sample, which looks for nothing elsewhere than on the stand."""

    version: int

    def run(self, racer: Racer, machine: "Machine") -> subprocess.CompletedProcess[str]:
        """Run the sample on a machine."""
        folder = machine.folder
        (folder / "src").mkdir(exist_ok=True)
        (folder / "src" / "train.py").write_text("print('training')\n")
        (folder / "data.csv").write_text("1,2\n")
        environment = racer.environment() | {
            # In the place of /etc/xdg, in which the SDK looks for its defaults.
            "XDG_CONFIG_DIRS": str(folder / "etc" / "xdg"),
            "HOME": str(folder),
            "IMAGE": IMAGE,
            "ON_NOTEBOOK": "yes" if machine.metadata else "no",
            **machine.more,
        }
        python = REPOSITORY / f".venv-sagemaker-{self.version}" / "bin" / "python"
        files = (machine.startup or "", machine.metadata or "")
        finished = subprocess.run(
            [python, SDK / "run_sample.py", SDK / f"sample_{self.version}.py", *files],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert [line for line in finished.stderr.splitlines() if line.startswith("LEFT ")] == []
        return finished


@dataclass(frozen=True)
class Machine:
    """A notebook or a laptop, with the SDK's defaults file: what each kernel runs first, on a notebook what SageMaker tells
    it, and on a laptop what its person has to say."""

    folder: Path
    startup: Path | None
    metadata: Path | None
    more: dict[str, str]


def notebook(stand: Stand, racer: Racer, folder: Path) -> Machine:
    """A notebook that has run its start script."""
    script, metadata = folder / "on-start.sh", folder / "resource-metadata.json"
    lifecycle = templates.load(stand.workspace.out / "notebooks.yaml")["Resources"]["NotebookLifecycle"]
    script.write_text(lifecycle["Properties"]["OnStart"][0]["Content"]["Fn::Base64"])
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:notebook-instance/{NOTEBOOK}"
    metadata.write_text(json.dumps({"ResourceArn": arn, "ResourceName": NOTEBOOK}))
    (folder / "SageMaker").mkdir()
    (folder / "bin").mkdir()
    (folder / "bin" / "systemd-run").write_text("#!/bin/sh\n")
    (folder / "bin" / "systemd-run").chmod(0o755)
    environment = racer.environment()
    environment |= {
        "PATH": f"{folder / 'bin'}:{environment['PATH']}",
        "INSTALL_DIR": str(folder / "opt"),
        "ETC_DIR": str(folder / "etc"),
        "FOLDER": str(folder / "SageMaker"),
        "METADATA_FILE": str(metadata),
        "RETRY_SECONDS": "0",
    }
    started = subprocess.run(
        ["bash", script], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (started.returncode, started.stderr) == (0, ""), started.stdout + started.stderr
    return Machine(folder, folder / "etc" / "ipython" / "startup" / "50-racestack.py", metadata, {})


def laptop(folder: Path, name: str) -> Machine:
    """A laptop with the SDK's defaults of a person. Of them, version 3 leaves the tag out; and neither names jobs for one."""
    session = {"DefaultS3Bucket": BUCKET, "DefaultS3ObjectKeyPrefix": f"{name}/sagemaker"}
    job = {"RoleArn": role_arn(name), "Tags": [{"Key": "user", "Value": name}]}
    sdk = {"PythonSDK": {"Modules": {"Session": session, "TelemetryOptOut": True}}, "TrainingJob": job}
    written = folder / "etc" / "xdg" / "sagemaker" / "config.yaml"
    written.parent.mkdir(parents=True)
    written.write_text(json.dumps({"SchemaVersion": "1.0", "SageMaker": sdk}))
    return Machine(folder, None, None, {"OWNER": name, "BASE_JOB_NAME": f"{NOTEBOOKS[name]}--racer"})


def laptop_with_startup_file(stand: Stand, folder: Path, name: str) -> Machine:
    """A laptop whose kernels have the start-up file of the person's notebook: then nothing is left to say."""
    (folder / "notebook").mkdir()
    startup = notebook(stand, stand.notebook(name), folder / "notebook").startup
    return replace(laptop(folder, name), startup=startup, more={})


@pytest.fixture(params=[2, 3])
def sample(request: pytest.FixtureRequest) -> Sample:
    """The sample of each version of the SDK."""
    subprocess.run([SDK / "install.sh", str(request.param)], timeout=PATIENCE, check=True)
    return Sample(request.param)


@pytest.mark.parametrize("where", ["notebook", "laptop", "laptop with the start-up file"] if SLOW else ["laptop"])
def test_a_sample_trains(stand: Stand, sample: Sample, tmp_path: Path, where: str) -> None:
    trains(stand, sample, tmp_path, where)


@pytest.mark.parametrize("sample", [2, 3] if SLOW else [3], indirect=True)
@pytest.mark.parametrize("stand", ["limited"], indirect=True)
def test_a_sample_trains_on_a_notebook_where_jobs_are_limited(stand: Stand, sample: Sample, tmp_path: Path) -> None:
    trains(stand, sample, tmp_path, "notebook")


def trains(stand: Stand, sample: Sample, tmp_path: Path, where: str) -> None:
    """Train the sample, which knows nothing of the settings, on a machine."""
    racer = stand.racer("role" if where == "notebook" else "user", RACER)
    machines = {
        "notebook": lambda: notebook(stand, racer, tmp_path),
        "laptop": lambda: laptop(tmp_path, RACER),
        "laptop with the start-up file": lambda: laptop_with_startup_file(stand, tmp_path, RACER),
    }
    machine = machines[where]()
    finished = sample.run(racer, machine)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert f"bucket: {BUCKET}" in finished.stdout
    assert f"data: s3://{BUCKET}/{RACER}/sagemaker/" in finished.stdout
    # Version 2 prints the log, version 3 hands it to the logger.
    assert LOG in finished.stdout + finished.stderr
    assert f"job: {NOTEBOOK}--" in finished.stdout
    assert f"model: s3://{BUCKET}/{RACER}/sagemaker/" in finished.stdout


@pytest.mark.parametrize("sample", [2, 3] if SLOW else [2], indirect=True)
@pytest.mark.parametrize("stand", ["hardened"], indirect=True)
def test_with_anothers_defaults_nothing_is_uploaded(stand: Stand, sample: Sample, tmp_path: Path) -> None:
    before = len(stand.entries())
    finished = sample.run(stand.user(RACER), laptop(tmp_path, OTHER))
    assert finished.returncode != 0
    refused = [json.dumps(entry) for entry in stand.entries()[before:] if entry["outcome"] == "refused"]
    assert any(OTHER in entry for entry in refused)
    assert "data: s3:" not in finished.stdout
    kept = stand.moto.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{OTHER}/sagemaker/")
    assert "Contents" not in kept

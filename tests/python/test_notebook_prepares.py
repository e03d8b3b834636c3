"""What the notebook's start script prepares: the SDK's defaults, the README and the starter notebook."""

import ast
import json
import os

import pytest
import yaml

from notebook_sandbox import BUCKET, FILES, NOTEBOOK, ROLE, Sandbox

NAME = "tanaka.taro@example"


@pytest.fixture
def sandbox(tmp_path):
    return Sandbox(tmp_path)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_writes_the_defaults_of_the_sdk(sandbox):
    sandbox.start()
    session = {"DefaultS3Bucket": BUCKET, "DefaultS3ObjectKeyPrefix": f"{NAME}/sagemaker"}
    job = {"RoleArn": ROLE, "Tags": [{"Key": "user", "Value": NAME}]}
    sdk = {"PythonSDK": {"Modules": {"Session": session, "TelemetryOptOut": True}}, "TrainingJob": job}
    assert yaml.safe_load(sandbox.defaults.read_text()) == {"SchemaVersion": "1.0", "SageMaker": sdk}
    assert "racestack" not in sandbox.log


def test_the_defaults_have_the_network_and_the_key_of_the_notebook(sandbox):
    sandbox.is_like(SubnetId="subnet-1", SecurityGroups=["sg-1", "sg-2"], KmsKeyId="arn:aws:kms:::key/1")
    sandbox.start()
    job = yaml.safe_load(sandbox.defaults.read_text())["SageMaker"]["TrainingJob"]
    assert job["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1", "sg-2"]}
    assert job["ResourceConfig"] == {"VolumeKmsKeyId": "arn:aws:kms:::key/1"}


def test_an_answer_that_cannot_be_read_is_listed_in_the_readme(sandbox):
    (sandbox.home / "notebook").write_text('{"RoleArn": "arn')
    sandbox.start()
    job = yaml.safe_load(sandbox.defaults.read_text())["SageMaker"]["TrainingJob"]
    assert job == {"Tags": [{"Key": "user", "Value": NAME}]}
    assert "could not be read" in (sandbox.folder / "README.md").read_text()


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (53, None),
        (54, "give each its full name, which begins so"),
        (60, "give each its full name, which begins so"),
        (61, "ask for a notebook with a shorter name"),
    ],
)
def test_a_name_that_is_too_long_for_the_sdk_is_listed_with_what_to_do(sandbox, length, said):
    """As `job_names.rs` has it: with up to 60 characters, a job has a name whose log the person can read."""
    sandbox.is_called("n" * length)
    sandbox.start()
    listed = [line for line in (sandbox.folder / "README.md").read_text().splitlines() if "too long" in line]
    assert [line.endswith(f"with {'n' * length}--, and you can read the logs of no others: {said}") for line in listed] == [True] * (said is not None)
    assert sandbox.startup.exists() == (said is None)


@pytest.mark.parametrize("name", ["-dash", "a+b=c,d", "x_y", "123", "no"])
def test_the_defaults_take_every_name(sandbox, name):
    (sandbox.home / "user").write_text(name)
    sandbox.start()
    sdk = yaml.safe_load(sandbox.defaults.read_text())["SageMaker"]
    assert sdk["TrainingJob"]["Tags"] == [{"Key": "user", "Value": name}]
    assert sdk["PythonSDK"]["Modules"]["Session"]["DefaultS3ObjectKeyPrefix"] == f"{name}/sagemaker"


@pytest.mark.parametrize("language, title", [("en", "Your notebook"), ("ja", "ノートブック"), ("ko", "노트북")])
def test_writes_a_readme_in_the_language_of_the_company(sandbox, language, title):
    sandbox.start(f"language: {language}\n")
    readme = (sandbox.folder / "README.md").read_text()
    assert title in readme.splitlines()[0]
    for fact in (f"s3://{BUCKET}/{NAME}/", f"`{NOTEBOOK}--`", " 60 " if language != "ko" else " 60분"):
        assert fact in readme
    assert "$" not in readme and "<!--" not in readme
    assert readme.count("\n## ") == 0


STOPS = {
    "en": ("stops by itself after 60 minutes", "does not stop by itself"),
    "ja": ("60 分続くと、自動的に停止します", "自動停止は無効です"),
    "ko": ("60분 동안 계속되면 자동으로 중지됩니다", "자동 중지는 사용하지 않도록 설정되어 있습니다"),
}


@pytest.mark.parametrize("minutes", [60, 0])
@pytest.mark.parametrize("language", STOPS)
def test_the_readme_says_whether_the_notebook_stops_by_itself(sandbox, language, minutes):
    sandbox.start(f"language: {language}\nnotebooks: {{idle_stop_minutes: {minutes}}}\n")
    readme = (sandbox.folder / "README.md").read_text()
    stops, never = STOPS[language]
    assert (stops in readme, never in readme) == (minutes == 60, minutes == 0)


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_writes_a_starter_notebook(sandbox, language):
    sandbox.start(f"language: {language}\n")
    lesson = json.loads((sandbox.folder / "start-here.ipynb").read_text())
    assert (lesson["nbformat"], lesson["nbformat_minor"]) == (4, 5)
    kinds = [cell["cell_type"] for cell in lesson["cells"]]
    assert kinds == ["markdown", "code"] * 4
    assert len({cell["id"] for cell in lesson["cells"]}) == len(kinds)
    for cell in lesson["cells"]:
        assert "$" not in cell["source"] and "```" not in cell["source"]
        if cell["cell_type"] == "code":
            ast.parse("\n".join(line for line in cell["source"].splitlines() if not line.startswith("!")))


def test_the_languages_differ_in_their_words_alone():
    def lines(language):
        code = (FILES / f"start-here.{language}.md").read_text().split("```")[1::2]
        facts = [word for word in (FILES / f"README.{language}.md").read_text().split("`") if "$" in word and " " not in word]
        return code, sorted(facts)

    assert lines("ja") == lines("en") == lines("ko")


@pytest.mark.parametrize(
    "allowed, instance_type",
    [("[ml.c5.*]", "ml.c5.xlarge"), ("[ml.p3.2xlarge, ml.c5.*]", "ml.p3.2xlarge"), ("[ml.c5.*, ml.m5.*]", "ml.m5.large")],
)
def test_the_starter_notebook_trains_on_what_is_allowed(sandbox, allowed, instance_type):
    sandbox.start(f"training: {{allowed_instance_types: {allowed}}}\n")
    assert f'TYPE = "{instance_type}"' in json.loads((sandbox.folder / "start-here.ipynb").read_text())["cells"][3]["source"]


def test_a_second_start_changes_nothing(sandbox):
    sandbox.start()
    before = contents(sandbox.folder)
    stamps = {path: path.stat().st_mtime_ns for path in sandbox.folder.rglob("*")}
    sandbox.start()
    assert contents(sandbox.folder) == before
    assert {path: path.stat().st_mtime_ns for path in sandbox.folder.rglob("*")} == stamps


def test_what_the_person_changed_or_deleted_stays_so(sandbox):
    sandbox.start()
    (sandbox.folder / "start-here.ipynb").write_text("mine")
    (sandbox.folder / "README.md").unlink()
    sandbox.start("language: ja\n")
    assert (sandbox.folder / "start-here.ipynb").read_text() == "mine"
    assert not (sandbox.folder / "README.md").exists()


@pytest.mark.parametrize("text", ["", "mine", "\udcff"])
def test_what_was_there_before_the_first_start_stays_so(sandbox, text):
    for name in ("README.md", "start-here.ipynb"):
        (sandbox.folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    sandbox.start()
    for name in ("README.md", "start-here.ipynb"):
        assert (sandbox.folder / name).read_bytes() == text.encode("utf-8", "surrogateescape")


def test_what_nobody_changed_follows_the_settings(sandbox):
    sandbox.start()
    sandbox.start("language: ko\n")
    assert (sandbox.folder / "README.md").read_text().startswith("# 내 노트북")


def test_the_readme_says_what_could_not_be_prepared_until_it_is(sandbox):
    sandbox.fails("put-object", times=3)
    sandbox.start()
    readme = sandbox.folder / "README.md"
    assert "## What could not be prepared" in readme.read_text()
    assert "- racestack: gave up: aws s3api put-object" in readme.read_text()
    assert "gave up: aws s3api put-object" in sandbox.log
    sandbox.start()
    assert "could not be prepared" not in readme.read_text()


def test_without_the_tag_there_are_no_defaults_and_it_is_said(sandbox):
    (sandbox.home / "user").write_text("")
    sandbox.start()
    assert not sandbox.defaults.exists()
    assert "no tag `user`" in (sandbox.folder / "README.md").read_text()
    assert "s3://" + BUCKET + "/NAME/" in (sandbox.folder / "README.md").read_text()


def test_where_nothing_can_be_written_the_notebook_starts(sandbox):
    (sandbox.home / "etc").write_text("a file")
    sandbox.start()
    readme = (sandbox.folder / "README.md").read_text()
    assert "xdg/sagemaker" in readme and "ipython/startup" in readme


def test_without_the_folder_the_notebook_starts(sandbox):
    sandbox.folder.rmdir()
    sandbox.start()
    assert "the notebook could not be prepared" in sandbox.log
    assert sandbox.defaults.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_writes_into_the_folder_with_the_rights_of_its_owner_alone(sandbox):
    """The person has no root there, and must not get it by a link to a file of root's."""
    for path in (sandbox.home, *sandbox.home.parents[:3]):
        path.chmod(0o755)
    os.chown(sandbox.folder, 65534, 65534)
    (sandbox.home / "roots").mkdir()
    (sandbox.folder / "README.md").symlink_to(sandbox.home / "roots/file")
    sandbox.start()
    assert not (sandbox.home / "roots/file").exists()
    assert (sandbox.folder / "start-here.ipynb").stat().st_uid == 65534


def test_the_sdk_is_left_alone_where_the_settings_say_so(sandbox):
    sandbox.start("notebooks: {adapt_sdk: false}\n")
    assert not sandbox.startup.exists()
    assert sandbox.defaults.exists()

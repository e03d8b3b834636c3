"""The jobs that `racestack init --ci` writes tell on a pull request, in one comment, what it changes."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from forge import BOT, PERSON, Forge, running_forge
from patience import PATIENCE
from test_ci import GITHUB, GITLAB, ci, repository, shell
from workspace import SETTINGS, Workspace

MARK = "<!-- racestack diff -->"


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    """GitHub, and GitLab."""
    with running_forge(request.param) as made:
        yield made


def test_the_first_run_writes_a_comment_and_later_ones_bring_it_up_to_date(forge: Forge, tmp_path: Path) -> None:
    """Whatever else is said on the pull request: by people, by the same bot, and on how many pages."""
    repository(tmp_path)
    forge.add("Looks good", PERSON)
    forge.add(f"{MARK}\nwritten by somebody else", PERSON)
    forge.add("The bot, about something else", BOT)
    for number in range(150):
        forge.add(f"remark {number}", PERSON)
    before = [comment["body"] for comment in forge.comments]

    assert tell(forge, tmp_path).returncode == 0
    finished = comment(forge, tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert len(forge.comments) == len(before) + 1
    assert forge.comments[-1]["body"].startswith(f"{MARK}\n**No changes**")

    for number in range(150):
        forge.add(f"later remark {number}", PERSON)
    change(tmp_path)
    assert tell(forge, tmp_path).returncode == 1, "access is widened, and nobody has agreed"
    assert tell(forge, tmp_path, agreed=True).returncode == 0
    finished = comment(forge, tmp_path)
    assert finished.returncode == 0, finished.stderr
    own = [one["body"] for one in forge.comments if one["body"].startswith(MARK)]
    assert len(own) == 2
    assert own[1].startswith(f"{MARK}\n**Plan: ")
    assert [one["body"] for one in forge.comments[: len(before)]] == before
    assert len([asked for asked in forge.asked if not asked.startswith("GET")]) == 2


def test_a_diff_too_long_for_a_comment_is_folded_into_one(forge: Forge, tmp_path: Path) -> None:
    made = repository(tmp_path)
    many = tuple({"name": f"racer.{number:03}", "tags.CostCenter": f"{number:04}" * 9} for number in range(300))
    made.write(many)
    made.synth("--leavers", "3")
    assert tell(forge, tmp_path, agreed=True).returncode == 0
    finished = comment(forge, tmp_path)
    assert finished.returncode == 0, finished.stderr
    (told,) = forge.comments
    assert told["body"].rstrip().endswith("All of it: `racestack diff`"), "the diff is too short for this test"
    assert len(told["body"]) <= 65_536


def test_a_diff_that_fails_fails_the_job_and_is_told(forge: Forge, tmp_path: Path) -> None:
    made = repository(tmp_path)
    (made.out / "manifest.json").write_text("<<<<<<< HEAD\n")
    told = tell(forge, tmp_path)
    assert told.returncode == 2
    assert "manifest.json" in told.stderr
    assert comment(forge, tmp_path).returncode == 0
    assert forge.comments[0]["body"].startswith(f"{MARK}\n**The changes cannot be told**")
    assert "log" in forge.comments[0]["body"]


def test_a_diff_that_cloudformation_would_refuse_fails_the_job_and_is_told(forge: Forge, tmp_path: Path) -> None:
    made = repository(tmp_path)
    users = made.out / "users-001.yaml"
    users.write_text(users.read_text().replace("  TanakaTaroUser:", "  RenamedUser:"))
    told = tell(forge, tmp_path)
    assert told.returncode == 1
    assert comment(forge, tmp_path).returncode == 0
    assert "**error** <code>diff&#58;&#58;moved-name</code>" in forge.comments[0]["body"]


def test_without_permission_github_is_content_with_the_summary(tmp_path: Path) -> None:
    """As with Dependabot's pull requests; those of forks have no such job at all."""
    with running_forge("github") as forge:
        forge.may_write = False
        (tmp_path / "diff.md").write_text(f"{MARK}\n**No changes**\n")
        finished = comment(forge, tmp_path)
        assert finished.returncode == 0
        assert finished.stdout.startswith("::warning::This run may not comment; the summary of the job check shows")
        assert "403" in finished.stdout
    job = yaml.safe_load((ci(tmp_path / "ci", "github") / GITHUB).read_text())["jobs"]["comment"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]


def test_without_a_token_gitlab_has_no_job_and_with_a_weak_one_it_says_so(tmp_path: Path) -> None:
    with running_forge("gitlab") as forge:
        forge.may_write = False
        (tmp_path / "diff.md").write_text(f"{MARK}\n**No changes**\n")
        finished = comment(forge, tmp_path)
        assert finished.returncode != 0
        assert "GitLab answered 403" in finished.stderr
        assert "may the token comment?" in finished.stderr
        assert "Traceback" not in finished.stderr
    job = yaml.safe_load((ci(tmp_path / "ci", "gitlab") / GITLAB).read_text())["racestack comment"]
    assert all("$RACESTACK_TOKEN" in rule["if"] for rule in job["rules"])


def test_another_fault_of_github_fails_the_job(tmp_path: Path) -> None:
    with running_forge("github") as forge:
        (tmp_path / "diff.md").write_text(" ")
        finished = comment(forge, tmp_path)
        assert finished.returncode != 0
        assert "GitHub answered 422" in finished.stderr
        assert "Traceback" not in finished.stderr


def change(folder: Path) -> None:
    """Change the settings, and what is made of them."""
    changed = Workspace(folder, SETTINGS["hardened"] + "console: true\n")
    changed.write()
    changed.synth()


def tell(forge: Forge, folder: Path, *, agreed: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the step that writes the diff, with or without the label that agrees to it."""
    written = ci(folder / "ci", forge.kind)
    if forge.kind == "github":
        jobs = yaml.safe_load((written / GITHUB).read_text())["jobs"]
        script = next(step["run"] for step in jobs["check"]["steps"] if "racestack diff" in step.get("run", ""))
        summary = str(folder / "summary.md")
        label = str(agreed).lower()
        return shell(script, folder, {"GITHUB_BASE_REF": "main", "GITHUB_STEP_SUMMARY": summary, "AGREED": label})
    script = "\n".join(yaml.safe_load((written / GITLAB).read_text())["racestack diff"]["script"])
    base = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True, timeout=PATIENCE
    ).stdout.strip()
    job = "https://gitlab.example.com/acme/training/-/jobs/5"
    labels = "other,racestack-agreed" if agreed else "other"
    variables = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_JOB_URL": job, "CI_MERGE_REQUEST_LABELS": labels}
    return shell(script, folder, variables)


def comment(forge: Forge, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the step that writes the comment, as the forge does: GitHub by its own `shell`."""
    written = ci(folder / "ci", forge.kind)
    if forge.kind == "gitlab":
        script = "\n".join(yaml.safe_load((written / GITLAB).read_text())["racestack comment"]["script"])
        return shell(script, folder, forge.environment)
    jobs = yaml.safe_load((written / GITHUB).read_text())["jobs"]
    (step,) = (step for step in jobs["comment"]["steps"] if "run" in step)
    assert step["shell"] == "python"
    assert set(step["env"]) == set(forge.environment)
    return subprocess.run(
        [sys.executable, "-c", step["run"]],
        cwd=folder,
        env=forge.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

"""What `racestack init --ci` writes is what GitHub and GitLab take, and its commands do what they are for."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from patience import PATIENCE
from workspace import REPOSITORY, SETTINGS, Workspace, binary

TOOLS = Path(sys.executable).parent
GITHUB = Path(".github/workflows/racestack.yaml")
GITHUB_DEPLOY = Path(".github/workflows/racestack-deploy.yaml")
GITLAB = Path(".gitlab/racestack.yml")
GITLAB_DEPLOY = Path(".gitlab/racestack-deploy.yml")
# What GitHub has had only since this version of actionlint: the context `vars`, the permission, and these runners.
NEWER = ['undefined variable "vars"', 'permission scope "attestations"'] + [
    f'label "{runner}" is unknown'
    for runner in ("ubuntu-24.04", "ubuntu-24.04-arm", "macos-15-intel", "macos-15", "windows-2025")
]
SUPPRESSION = """\
- rule: service::retired
  resource: robomaker
  reason: kept for the old models
  owner: admins
  expires: {expires}
"""


def test_actionlint_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    folder = ci(tmp_path, "github")
    assert actionlint(folder / GITHUB_DEPLOY) == []
    workflow = folder / GITHUB
    assert actionlint(workflow) == []
    workflow.write_text(workflow.read_text().replace("github.ref }}", "github.reff }}"))
    assert actionlint(workflow), "actionlint finds what is wrong"


@pytest.mark.parametrize("name", ["ci", "release"])
def test_actionlint_finds_nothing_in_the_workflows_of_this_repository(name: str, tmp_path: Path) -> None:
    workflow = REPOSITORY / ".github" / "workflows" / f"{name}.yaml"
    assert actionlint(workflow) == []
    broken = tmp_path / "broken.yaml"
    broken.write_text(workflow.read_text().replace("runs-on", "run-on"))
    assert actionlint(broken), "actionlint finds what is wrong"


def test_a_release_says_where_it_comes_from_and_runs_no_script_of_others() -> None:
    jobs = yaml.safe_load((REPOSITORY / ".github/workflows/release.yaml").read_text())["jobs"]
    writers = [name for name, job in jobs.items() if "write" in (job.get("permissions") or {}).values()]
    assert writers == ["publish"]
    used = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert {use.split("/")[0] for use in used} == {"actions"}
    attested = [step["with"]["subject-path"] for step in jobs["publish"]["steps"] if "attest" in step.get("uses", "")]
    assert attested == ["dist/racestack-*"] * 2


@pytest.mark.parametrize(
    ("repository", "tag", "said"),
    [
        ('repository = "https://forge.example/us"', "v1.2.3", None),
        ('repository = "https://forge.example/us"', "v1.2.4", "the tag is v1.2.4, and the version in Cargo.toml is 1.2.3"),
        ('repository = "https://forge.example/a"', "v1.2.3", "is https://forge.example/a: set it to https://forge.example/us"),
        ("", "v1.2.3", "`repository` in Cargo.toml is not set: set it to https://forge.example/us"),
    ],
)
def test_a_release_is_refused_for_another_version_or_another_place(
    repository: str, tag: str, said: str | None, tmp_path: Path
) -> None:
    jobs = yaml.safe_load((REPOSITORY / ".github/workflows/release.yaml").read_text())["jobs"]
    assert jobs["build"]["needs"] == "allowed" and jobs["publish"]["needs"] == "build"
    (script,) = (step["run"] for step in jobs["allowed"]["steps"] if "run" in step)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "lib.rs").touch()
    (tmp_path / "Cargo.toml").write_text(f'[package]\nname = "it"\nversion = "1.2.3"\nedition = "2024"\n{repository}\n')
    (tmp_path / "Cargo.lock").write_text('version = 4\n\n[[package]]\nname = "it"\nversion = "1.2.3"\n')
    environment = {**os.environ, "TAG": tag, "HERE": "https://forge.example/us"}
    finished = run(["bash", "-e", "-c", script], tmp_path, environment)
    assert finished.returncode == (1 if said else 0), finished.stderr
    assert finished.stdout == "" if said is None else said in finished.stdout


def test_the_jobs_are_as_gitlabs_schema_wants_them(tmp_path: Path) -> None:
    folder = ci(tmp_path, "gitlab")
    files = [folder / ".gitlab-ci.yml", *sorted((folder / ".gitlab").iterdir())]
    assert included(files[0]) == [str(GITLAB), str(GITLAB_DEPLOY)]
    finished = run([TOOLS / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *files], tmp_path)
    assert finished.returncode == 0, finished.stdout


def test_pre_commit_takes_the_hook() -> None:
    finished = run([TOOLS / "pre-commit", "validate-manifest", REPOSITORY / ".pre-commit-hooks.yaml"], REPOSITORY)
    assert finished.returncode == 0, finished.stdout


def test_pre_commit_runs_the_hook_when_what_it_looks_at_changes(tmp_path: Path) -> None:
    """As it stands, but for the language: no racestack is built here."""
    made = repository(tmp_path)
    hooks = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    local = {"repo": "local", "hooks": [hook | {"language": "system"} for hook in hooks]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [local]}))
    environment = {"PRE_COMMIT_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}

    def changed(path: Path) -> subprocess.CompletedProcess[str]:
        path.open("a").write("# by hand\n")
        return shell(f"git add '{path}'; '{TOOLS / 'pre-commit'}' run", tmp_path, environment)

    elsewhere = changed(tmp_path / "notes.txt")
    assert "(no files to check)Skipped" in elsewhere.stdout, elsewhere.stdout
    here = changed(made.out / "storage.yaml")
    assert here.returncode == 1
    assert "error[output::stale]: `out/tokyo/storage.yaml` is stale: changed" in here.stdout


@pytest.mark.parametrize("tool", ["github", "gitlab", "pre-commit"])
def test_the_check_passes_what_is_committed_and_nothing_else(tmp_path: Path, tool: str) -> None:
    made = repository(tmp_path)
    check = checking(tmp_path, tool)
    finished = shell(check, tmp_path)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    # A template that somebody changed by hand.
    template = made.out / "storage.yaml"
    template.write_text(template.read_text() + "# by hand\n")
    finished = shell(check, tmp_path)
    assert finished.returncode != 0
    assert "output::stale" in told(finished)
    if tool == "gitlab":
        assert "output::stale" in (tmp_path / "racestack.xml").read_text()


@pytest.mark.parametrize("tool", ["github", "gitlab", "pre-commit"])
def test_the_check_compares_suppressions_with_the_day(tmp_path: Path, tool: str) -> None:
    repository(tmp_path)
    check = checking(tmp_path, tool)
    suppressions = tmp_path / "config" / "suppressions.yaml"
    suppressions.write_text(SUPPRESSION.format(expires="2001-01-01"))
    finished = shell(check, tmp_path)
    text = (tmp_path / "racestack.xml").read_text() if tool == "gitlab" else told(finished)
    assert "suppression::expired" in text
    assert "suppression::not-compared" not in text


def test_the_comment_tells_what_differs_from_the_branch_that_is_merged_into(tmp_path: Path) -> None:
    repository(tmp_path)
    step = next(step for step in steps(ci(tmp_path / "ci", "github")) if "racestack diff" in step.get("run", ""))
    summary = tmp_path / "summary.md"
    environment = {"GITHUB_BASE_REF": "main", "GITHUB_STEP_SUMMARY": str(summary)}
    assert shell(step["run"], tmp_path, environment).returncode == 0
    assert summary.read_text().startswith("<!-- racestack diff -->\n**No changes**")
    changed = Workspace(tmp_path, SETTINGS["hardened"] + "console: true\n")
    changed.write()
    changed.synth()
    # Passwords widen what people may do: that needs a label.
    assert shell(step["run"], tmp_path, environment).returncode == 1
    assert shell(step["run"], tmp_path, environment | {"AGREED": "true"}).returncode == 0
    comment = (tmp_path / "diff.md").read_text()
    assert comment.startswith("<!-- racestack diff -->\n**Plan: ")
    assert summary.read_text().endswith(comment)
    # By this line the comment of the last run is found again.
    for text in (ci(tmp_path / "a", "github") / GITHUB, ci(tmp_path / "b", "gitlab") / GITLAB):
        assert 'startswith("<!-- racestack diff -->")' in text.read_text()


def installing(written: Path, tool: str) -> str:
    """The script that installs racestack."""
    if tool == "github":
        return next(step["run"] for step in steps(written) if "cargo install" in step.get("run", ""))
    return "\n".join(yaml.safe_load((written / GITLAB).read_text())[".racestack"]["before_script"])


@pytest.mark.parametrize("tool", ["github", "gitlab"])
def test_what_is_not_set_is_named(tmp_path: Path, tool: str) -> None:
    written = ci(tmp_path, tool)
    install = installing(written, tool)
    finished = shell(install, tmp_path, {"CARGO_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert finished.returncode != 0
    assert "RACESTACK_REPOSITORY: is not set: see the top of" in finished.stderr


@pytest.mark.parametrize("tool", ["github", "gitlab"])
def test_a_released_binary_is_installed_if_it_has_the_checksum(tmp_path: Path, tool: str) -> None:
    written = ci(tmp_path, tool)
    install = installing(written, tool)
    if tool == "github":
        deployment = yaml.safe_load((written / GITHUB_DEPLOY).read_text())["jobs"]["changes"]["steps"]
        assert install.replace("this workflow", "racestack.yaml") in [step.get("run") for step in deployment]
    release = tmp_path / "releases" / "v1.2.3" / "racestack-x86_64-unknown-linux-musl"
    release.parent.mkdir(parents=True)
    release.write_text("#!/bin/sh\necho racestack 1.2.3\n")
    home = tmp_path / "home"
    environment = {
        "HOME": str(home),
        "CARGO_HOME": str(home / ".cargo"),
        "RACESTACK_VERSION": "1.2.3",
        "RACESTACK_DOWNLOADS": (tmp_path / "releases").as_uri(),
        "RACESTACK_SHA256": hashlib.sha256(release.read_bytes()).hexdigest(),
        "PATH": "/usr/bin:/bin",
    }
    finished = shell(install, tmp_path, environment | {"RACESTACK_SHA256": "0" * 64})
    assert finished.returncode != 0 and "FAILED" in finished.stdout
    assert not (home / ".cargo" / "bin" / "racestack").exists(), "what is another's is never found in the cache"
    finished = shell(install, tmp_path, environment)
    assert finished.returncode == 0, finished.stderr
    assert subprocess.check_output([home / ".cargo" / "bin" / "racestack"], text=True) == "racestack 1.2.3\n"


def test_gitlab_makes_a_job_for_each_account(tmp_path: Path) -> None:
    written = ci(tmp_path, "gitlab")
    made = repository(tmp_path)
    _, listing = yaml.safe_load((written / GITLAB_DEPLOY).read_text())["racestack changes"]["script"]
    assert shell(listing, tmp_path).returncode == 0
    jobs = yaml.safe_load((tmp_path / "accounts.yml").read_text())
    assert jobs.pop("include") == [{"local": ".gitlab/racestack-account.yml"}]
    assert list(jobs) == [f"deploy {made.out.name}"]
    # With what the job extends, as GitLab puts them together.
    whole = yaml.safe_load((written / ".gitlab" / "racestack-account.yml").read_text()) | jobs
    (tmp_path / "whole.yml").write_text(yaml.safe_dump(whole))
    finished = run([TOOLS / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "whole.yml"], tmp_path)
    assert finished.returncode == 0, finished.stdout


def told(finished: subprocess.CompletedProcess[str]) -> str:
    """What a job's log shows; in GitHub's annotations, colons are escaped."""
    return unquote(finished.stdout + finished.stderr)


def ci(folder: Path, tool: str) -> Path:
    """What `init --ci` writes, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    if not (folder / "ci").exists():
        subprocess.run([binary(), "init", "ci", "--ci", tool], cwd=folder, check=True, capture_output=True, timeout=PATIENCE)
    return folder / "ci"


def repository(folder: Path) -> Workspace:
    """A configuration with its stacks, committed, on the branch that `origin/main` names."""
    made = Workspace(folder, SETTINGS["hardened"])
    made.write()
    made.synth()
    for arguments in (
        ["init", "--quiet"],
        ["add", "config", "out"],
        ["-c", "user.name=ci", "-c", "user.email=ci@example.com", "commit", "--quiet", "--message", "all"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True, timeout=PATIENCE)
    return made


def checking(folder: Path, tool: str) -> str:
    """The command of the check, as the tool runs it."""
    if tool == "pre-commit":
        (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
        return str(hook["entry"])
    written = ci(folder / "ci", tool)
    if tool == "github":
        return next(step["run"] for step in steps(written) if "--check" in step.get("run", ""))
    return "\n".join(yaml.safe_load((written / GITLAB).read_text())["racestack check"]["script"])


def steps(folder: Path) -> list[dict[str, Any]]:
    return yaml.safe_load((folder / GITHUB).read_text())["jobs"]["check"]["steps"]


def included(path: Path) -> list[str]:
    return [entry["local"] for entry in yaml.safe_load(path.read_text())["include"]]


def actionlint(workflow: Path) -> list[Any]:
    finished = run(["node", REPOSITORY / "tests" / "node" / "workflow-lint.mjs", workflow], workflow.parent)
    assert finished.returncode == 0, finished.stderr
    return [found for found in json.loads(finished.stdout) if not any(new in found["message"] for new in NEWER)]


def shell(script: str, folder: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script as a job does: what fails ends it."""
    path = f"{Path(binary()).parent}:/usr/local/bin:/usr/bin:/bin"
    return run(["bash", "-e", "-c", script], folder, {"PATH": path, **(environment or {})})


def run(
    command: list[str | Path], folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.mark.parametrize("status", [0, 1])
def test_the_job_fails_if_the_deployment_does(tmp_path: Path, status: int) -> None:
    """What is printed goes through another program, whose status is not that of the deployment."""
    folder = ci(tmp_path / "ci", "github")
    script = tmp_path / "out" / "tokyo" / "deploy.sh"
    script.parent.mkdir(parents=True)
    script.write_text(f"echo deploying with \"$@\"\nexit {status}\n")
    (job,) = (job for name, job in yaml.safe_load((folder / GITHUB_DEPLOY).read_text())["jobs"].items() if name == "deploy")
    (step,) = (step["run"] for step in job["steps"] if step.get("name") == "Deploy")
    summary = tmp_path / "summary.md"
    finished = shell(step, tmp_path, {"ACCOUNT": "tokyo", "LEAVERS": "", "GITHUB_STEP_SUMMARY": str(summary)})
    assert finished.returncode == status
    assert "deploying with --jobs 8" in summary.read_text()


@pytest.mark.parametrize("tool", ["github", "gitlab"])
@pytest.mark.parametrize(("commits", "before", "said"), [
    (1, "0" * 40, "All is new: there is no commit before this one."),
    # A pipeline that is run by hand knows no commit before it; nor does one of a branch whose history was rewritten.
    (2, "", "**No changes**"),
    (2, "1" * 40, "**No changes**"),
])  # fmt: skip
def test_what_was_merged_is_shown_whatever_was_before(tmp_path: Path, tool: str, commits: int, before: str, said: str) -> None:
    repository(tmp_path)
    for number in range(1, commits):
        (tmp_path / "notes").write_text(f"{number}")
        run(["git", "add", "notes"], tmp_path)
        run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "notes"], tmp_path)
    written = ci(tmp_path / "ci", tool)
    summary = tmp_path / "summary.md"
    if tool == "github":
        job = yaml.safe_load((written / GITHUB_DEPLOY).read_text())["jobs"]["changes"]
        script = next(step["run"] for step in job["steps"] if step.get("name") == "Show what was merged")
        finished = shell(script, tmp_path, {"BEFORE": before, "GITHUB_STEP_SUMMARY": str(summary)})
    else:
        script, _ = yaml.safe_load((written / GITLAB_DEPLOY).read_text())["racestack changes"]["script"]
        finished = shell(script, tmp_path, {"CI_COMMIT_BEFORE_SHA": before})
        summary = tmp_path / "diff.md"
    assert finished.returncode == 0, finished.stderr
    assert said in summary.read_text()


@pytest.mark.parametrize("tool", ["github", "gitlab"])
def test_no_former_account_is_deployed(tmp_path: Path, tool: str) -> None:
    """Its folder stays in `out` when its folder in the configuration was renamed: it would undo what the other deploys."""
    for name in ("seoul", "tokyo"):
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "manifest.json").touch()
    (tmp_path / "config" / "accounts" / "seoul").mkdir(parents=True)
    written = ci(tmp_path / "ci", tool)
    if tool == "github":
        job = yaml.safe_load((written / GITHUB_DEPLOY).read_text())["jobs"]["changes"]
        script = next(step["run"] for step in job["steps"] if step.get("id") == "accounts")
    else:
        _, script = yaml.safe_load((written / GITLAB_DEPLOY).read_text())["racestack changes"]["script"]
    environment = {"ACCOUNT": "", "GITHUB_OUTPUT": str(tmp_path / "output")}
    finished = shell(script, tmp_path, environment)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    said = "out/tokyo is no configured account: there is no config/accounts/tokyo; if it was renamed, racestack synth says what to do"
    assert said in finished.stdout + finished.stderr
    assert not (tmp_path / "output").exists()
    (tmp_path / "config" / "accounts" / "tokyo").mkdir()
    assert shell(script, tmp_path, environment).returncode == 0


@pytest.mark.parametrize(("account", "found"), [("", ["seoul", "tokyo"]), ("tokyo", ["tokyo"]), ("edo", None)])
def test_the_accounts_to_deploy_are_listed(tmp_path: Path, account: str, found: list[str] | None) -> None:
    for name in ("seoul", "tokyo"):
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "manifest.json").touch()
    job = yaml.safe_load((ci(tmp_path / "ci", "github") / GITHUB_DEPLOY).read_text())["jobs"]["changes"]
    script = next(step["run"] for step in job["steps"] if step.get("id") == "accounts")
    output = tmp_path / "output"
    finished = shell(script, tmp_path, {"ACCOUNT": account, "GITHUB_OUTPUT": str(output)})
    if found is None:
        assert finished.returncode == 1 and "::error::out/ has no account edo" in finished.stdout
    else:
        assert json.loads(output.read_text().removeprefix("accounts=")) == found

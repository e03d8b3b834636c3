"""Handouts: they say the same in every language, and what they say is the person's own. Their commands: `test_handout_commands.py`."""

import ast
import csv
import itertools
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from moto_server import ACCOUNT_ID, REGION
from patience import PATIENCE
from workspace import REPOSITORY, SETTINGS, SLOW, Person, Workspace, binary

LANGUAGES = ("en", "ja", "ko")
BUCKET = "mycompany-aws-deepracer-test-20221130201905"
OWN = "tanaka_taro+x@y=z"
PEOPLE: tuple[Person, ...] = (
    {"name": OWN, "display_name": "田中_太郎", "team": "Team A"},
    {"name": "sato.hana", "state": "suspended"},
    {"name": "suzuki-ken", "notebook": "false"},
    {"name": "kim.minjun", "console": "false"},
)
SHARED = "bucket: {shared_folders: [materials], team_folders: true}\n"
ALL_SETTINGS = {
    **SETTINGS,
    "shared": SHARED,
    "own names": "notebooks: {adapt_sdk: false}\n",
    "required": "mfa: required\n",
    "networks": "allowed_networks: [203.0.113.0/24, vpce-0123456789abcdef0]\n",
    "never idle": "notebooks: {idle_stop_minutes: 0}\n",
}
HOSTILE = "<img src=x onerror=\"globalThis.pwned = 1\"></title></style> `*_[x](javascript:1)|"


@dataclass(frozen=True)
class Handouts:
    """The pages of an account, in every language."""

    workspace: Workspace

    def page(self, name: str, language: str) -> str:
        """The page of a person, as Markdown."""
        return self._run("--user", name, "--lang", language)

    def folder(self, language: str, form: str) -> Path:
        """A folder with everybody's pages."""
        folder = self.workspace.root / f"pages-{language}-{form}"
        self._run("--all", "--out", str(folder), "--lang", language, "--format", form)
        return folder

    def _run(self, *arguments: str) -> str:
        return self._racestack("handout", *arguments)

    def _racestack(self, command: str, *arguments: str) -> str:
        config = self.workspace.root / "config"
        finished = subprocess.run(
            [binary(), command, "--account", "tokyo", "--config", config, *arguments],
            capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=self.workspace.root,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout


def configured(root: Path, settings: str, region: str = REGION) -> Handouts:
    """An account with `PEOPLE`."""
    workspace = Workspace(root, settings)
    workspace.write()
    account = root / "config" / "accounts" / "tokyo"
    own = account / "settings.yaml"
    own.write_text(own.read_text().replace(REGION, region))
    columns = ("name", "display_name", "team", "state", "console", "notebook")
    with (account / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, columns)
        rows.writeheader()
        rows.writerows(PEOPLE)
    return Handouts(workspace)


@pytest.fixture(params=ALL_SETTINGS)
def handouts(request: pytest.FixtureRequest, tmp_path: Path) -> Handouts:
    """The account, once for each of the settings."""
    return configured(tmp_path, ALL_SETTINGS[request.param])


def blocks(page: str) -> list[tuple[str, str]]:
    """The blocks of code: their language, and what they hold."""
    found = re.findall(r"^( *)```(\w+)\n(.*?)^ *```$", page, re.DOTALL | re.MULTILINE)
    return [(language, re.sub(f"^{indent}", "", code, flags=re.MULTILINE)) for indent, language, code in found]


def test_the_languages_say_the_same(handouts: Handouts) -> None:
    """Code, code in texts, addresses, headings and rows of tables are the same in every language; nothing is left unfilled."""
    for person in PEOPLE:
        pages = [handouts.page(person["name"], language) for language in LANGUAGES]
        shapes = []
        for page in pages:
            prose = re.sub(r"^ *```.*?^ *```$", "", page, flags=re.DOTALL | re.MULTILINE)
            shapes.append(
                (
                    blocks(page),
                    sorted(re.findall(r"`[^`]+`", prose)),
                    [re.sub("/ja_jp/|/ko_kr/", "/", address) for address in re.findall(r"<(https://[^>]+)>", prose)],
                    [line.count("#") for line in prose.splitlines() if line.startswith("#")],
                    [line.count("|") for line in prose.splitlines() if line.startswith("|")],
                    len(re.findall(r"^ *\d\. ", prose, re.MULTILINE)),
                )
            )
            assert "{{" not in page and "undefined" not in page
        assert shapes[0] == shapes[1] == shapes[2]
        # Each is in its own script, but for the person's name.
        english, japanese, korean = (page.replace("田中\\_太郎", "") for page in pages)
        assert english.isascii()
        assert re.search("[ぁ-ヿ]", japanese) and not re.search("[가-힣]", japanese)
        assert re.search("[가-힣]", korean) and not re.search("[ぁ-ヿ一-鿿]", korean)


def test_the_templates_ask_the_same() -> None:
    """A misspelt condition would quietly be false: each language has the same conditions, in the same order."""
    texts = [(REPOSITORY / "templates" / "handout" / f"{language}.md.hbs").read_text() for language in LANGUAGES]
    # A plural, which English alone has.
    plural = re.compile(r"{{#unless \(eq ([\w.]+) 1\)}}s{{/unless}}")
    conditions = [re.findall(r"{{(#\w+ [\w.]+|else|/\w+)}}", plural.sub("", text)) for text in texts]
    assert conditions[0] == conditions[1] == conditions[2]
    known = (REPOSITORY / "src" / "handout" / "context.rs").read_text()
    paths = [condition.split()[1] for condition in conditions[0] if condition.startswith("#")]
    asked = {name for path in paths + plural.findall("".join(texts)) for name in path.split(".")}
    assert asked and [name for name in asked if f'"{name}": ' not in known] == []


def test_no_korean_particle_hangs_on_a_value() -> None:
    """Which form of a particle is right depends on the sound before it: none stands right behind what is filled in, but for what is in brackets."""
    templates = REPOSITORY / "templates"
    for file in (templates / "handout" / "ko.md.hbs", *(templates / "scripts" / "notebook").glob("*.ko.md")):
        words = re.findall(r"(?:}}}|\$[A-Z]+)[^\s가-힣|{})]*(?:은|는|이|가|을|를|과|와|로|으로|이나|나)(?![가-힣])[^\s]*", file.read_text())
        assert words == [], f"{file}: {words}"


def test_the_allowed_networks_are_told_where_there_are_any(tmp_path: Path) -> None:
    """From elsewhere, AWS denies everything: the page says from where it does not, and why."""
    networks = "`203.0.113.0/24`, `vpce-0123456789abcdef0`"
    for language in LANGUAGES:
        page = configured(tmp_path / language, ALL_SETTINGS["networks"]).page(OWN, language)
        assert f"| {networks} |" in page
        without = configured(tmp_path / f"{language}-any", "").page(OWN, language)
        assert networks not in without and page.count("\n| ") == without.count("\n| ") + 2


def test_the_documentation_has_the_same_defaults(tmp_path: Path) -> None:
    """What docs/racers.md says of the defaults file is what a handout has."""
    page = configured(tmp_path, SETTINGS["hardened"]).page(OWN, "en")
    documented = blocks((REPOSITORY / "docs" / "racers.md").read_text())
    values = {"BUCKET": BUCKET, "NAME": OWN, "ACCOUNT-ID": ACCOUNT_ID}
    (text,) = (re.sub("BUCKET|NAME|ACCOUNT-ID", lambda found: values[found[0]], code) for _, code in documented)
    assert ("yaml", text) in blocks(page)


def test_names_are_texts(tmp_path: Path) -> None:
    """A name with marks of Markdown is the heading, letter by letter."""
    handouts = configured(tmp_path, SETTINGS["hardened"])
    assert handouts.page(OWN, "en").splitlines()[0] == "# AWS DeepRacer training: 田中\\_太郎"
    html = (handouts.folder("en", "html") / f"{OWN}.html").read_text()
    assert "<h1>AWS DeepRacer training: 田中_太郎</h1>" in html
    assert "<title>AWS DeepRacer training: 田中_太郎</title>" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_bold_is_so_in_html(tmp_path: Path, language: str) -> None:
    """Markdown takes no `**` for an end that stands between a bracket and a letter."""
    html = (configured(tmp_path, "console: true\nmfa: required\n").folder(language, "html") / f"{OWN}.html").read_text()
    assert "<strong>" in html and "**" not in html


def test_a_name_that_no_tag_takes_is_the_heading(tmp_path: Path) -> None:
    """AWS refuses these characters in tags; a page has them, but for what would end the line or turn it around."""
    handouts = configured(tmp_path, "")
    roster = tmp_path / "config" / "accounts" / "tokyo" / "roster.csv"
    roster.write_text("name,display_name\npat,Pat O'Neil 🏎️\nmei,mei\u202e (長谷川)\nken,\n", encoding="utf-8")
    heads = [handouts.page(name, "en").splitlines()[0] for name in ("pat", "mei", "ken")]
    assert heads == [f"# AWS DeepRacer training: {name}" for name in ("Pat O'Neil 🏎️", "mei  (長谷川)", "ken")]


def test_no_command_takes_a_name_that_begins_with_a_hyphen_for_an_option(tmp_path: Path) -> None:
    """The AWS CLI takes such a value with `=` alone."""
    handouts = configured(tmp_path, "mfa: required\n")
    (tmp_path / "config" / "accounts" / "tokyo" / "roster.csv").write_text("name\n-x\n")
    for language in LANGUAGES:
        page = handouts._run("--user=-x", "--lang", language)
        words = [word for form, code in blocks(page) if form == "sh" for line in code.splitlines() for word in shlex.split(line)]
        assert [word for word in words if word.startswith("-x")] == []
        assert {"--prefix=-x/reward_function.py", "--key=-x/reward_function.py"} <= set(words)


@pytest.mark.parametrize(
    ("region", "console", "sign_in"),
    [
        (REGION, "console.aws.amazon.com", "signin.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn", "signin.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com", "signin.amazonaws-us-gov.com"),
    ],
)
def test_addresses(tmp_path: Path, region: str, console: str, sign_in: str) -> None:
    """The addresses of the console lead to the account, to the very prefix that may be listed, and to the notebook."""
    page = configured(tmp_path, "console: true\n", region).page(OWN, "en")
    found = [urlsplit(address) for address in re.findall(r"<(https://[^>]+)>", page)]
    own = [address for address in found if address.hostname != "docs.aws.amazon.com"]
    assert [address.hostname for address in own] == [f"{ACCOUNT_ID}.{sign_in}", *[f"{region}.{console}"] * 2]
    signing_in, folder, notebook = own
    assert signing_in.path == "/console"
    assert folder.path == f"/s3/buckets/{BUCKET}"
    assert parse_qs(folder.query) == {"region": [region], "prefix": [f"{OWN}/"]}
    assert notebook.path == "/sagemaker/home" and parse_qs(notebook.query) == {"region": [region]}
    assert notebook.fragment == "/notebook-instances/tanaka-taro-x-y-z"


def test_shared_folders(tmp_path: Path) -> None:
    """Everybody's folders are told to everybody, and a team's to those who are in it."""
    handouts = configured(tmp_path, SHARED)
    everybodys, teams = f"`s3://{BUCKET}/materials/`", f"`s3://{BUCKET}/teams/Team A/`"
    page, other = handouts.page(OWN, "en"), handouts.page("kim.minjun", "en")
    assert everybodys in page and teams in page
    assert everybodys in other and "teams/" not in other and "team" not in other


def test_the_language_is_that_of_the_settings(tmp_path: Path) -> None:
    """Nobody has to name the language each time."""
    handouts = configured(tmp_path, "language: ko\n")
    assert handouts.page(OWN, "ko") == handouts._run("--user", OWN)
    assert handouts.page(OWN, "en") != handouts._run("--user", OWN)


def test_who_has_no_password_gets_no_address_of_the_console(tmp_path: Path) -> None:
    """Who is not to sign in is not told where."""
    handouts = configured(tmp_path, SETTINGS["console"])
    assert "console.aws.amazon.com" in handouts.page(OWN, "en")
    page = handouts.page("kim.minjun", "en")
    assert "console.aws.amazon.com" not in page and "signin" not in page
    assert "aws iam enable-mfa-device" in page


def test_who_is_suspended_gets_no_command(handouts: Handouts) -> None:
    """Nothing would work, and the page says so."""
    for language in LANGUAGES:
        page = handouts.page("sato.hana", language)
        assert blocks(page) == [] and "https://" not in page
        assert f"s3://{BUCKET}/sato.hana/" in page


def with_notebook(root: Path, settings: str, notebook: str) -> Handouts:
    """An account in which one person has a notebook of this name."""
    handouts = configured(root, settings)
    roster = root / "config" / "accounts" / "tokyo" / "roster.csv"
    roster.write_text(f"name,notebook.name,notebook.existing\n{OWN},{notebook},{str(len(notebook) > 60).lower()}\n")
    return handouts


@pytest.mark.parametrize("length, is_adapted", [(53, True), (54, False)])
def test_what_the_notebook_does_by_itself_is_said_where_it_does(tmp_path: Path, length: int, is_adapted: bool) -> None:
    """With a longer name of a notebook, it begins no names of jobs: see `test_notebook_sdk.py`."""
    page = with_notebook(tmp_path, "", "n" * length).page(OWN, "en")
    assert ("50-racestack.py" in page, "It does not begin the names of jobs" in page) == (is_adapted, not is_adapted)


@pytest.mark.parametrize("length", [38, 39, 60, 61])
@pytest.mark.parametrize("settings", ["hardened", "own names"])
def test_a_long_name_of_a_notebook(tmp_path: Path, settings: str, length: int) -> None:
    """The example of a job has a name that SageMaker takes, and whose log the person can read, as long as there is one."""
    notebook = "n" * length
    handouts = with_notebook(tmp_path, ALL_SETTINGS[settings], notebook)
    same = []
    for language in LANGUAGES:
        page = handouts.page(OWN, language)
        prose = re.sub(r"^ *```.*?^ *```$", "", page, flags=re.DOTALL | re.MULTILINE)
        same.append((blocks(page), sorted(re.findall("`[^`]+`", prose))))
        (text,) = (code for form, code in blocks(page) if form == "python")
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and node.keywords]
        values = {keyword.arg: ast.literal_eval(keyword.value) for call in calls for keyword in call.keywords}
        # What version 2 of the SDK makes of a base name: `name_from_base`.
        names = [f"{base[:39]}-2026-11-28-04-33-40-926" for base in [values.get("base_job_name")] if base]
        names += [values["job_name"]] if "job_name" in values else []
        assert len(names) == (length <= 60)
        assert all(re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name) and name.startswith(f"{notebook}--") for name in names)
        assert (f"{notebook}--" in page, "get-log-events --log-group-name" in page) == (bool(names), bool(names))
    assert same[0] == same[1] == same[2]


def test_who_has_no_notebook_cannot_train(handouts: Handouts) -> None:
    """Without a notebook there is no role for a job: the page names neither."""
    page = handouts.page("suzuki-ken", "en")
    assert "You have no notebook." in page
    assert "sagemaker" not in page and "role/" not in page and "/aws/" not in page


def test_the_defaults_of_the_sdk(handouts: Handouts) -> None:
    """The file has the keys that the SageMaker SDK reads, with the person's own values."""
    (text,) = (code for language, code in blocks(handouts.page(OWN, "en")) if language == "yaml")
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/deepracer/notebook/{OWN}"
    job: dict[str, object] = {"RoleArn": role, "Tags": [{"Key": "user", "Value": OWN}]}
    if "subnet_id" in handouts.workspace.settings:
        groups = ["sg-0123456789abcdef0", "sg-0123456789abcdef1"]
        job["VpcConfig"] = {"SecurityGroupIds": groups, "Subnets": ["subnet-0123456789abcdef0"]}
        key = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/11111111-2222-3333-4444-555555555555"
        job["ResourceConfig"] = {"VolumeKmsKeyId": key}
        job["OutputDataConfig"] = {"KmsKeyId": key}
    session = {"DefaultS3Bucket": BUCKET, "DefaultS3ObjectKeyPrefix": f"{OWN}/sagemaker"}
    sdk = {"PythonSDK": {"Modules": {"Session": session, "TelemetryOptOut": True}}, "TrainingJob": job}
    assert yaml.safe_load(text) == {"SchemaVersion": "1.0", "SageMaker": sdk}


def test_the_example_of_a_job(handouts: Handouts) -> None:
    """The example is Python, and its job's name begins as it must to be read."""
    (text,) = (code for language, code in blocks(handouts.page(OWN, "en")) if language == "python")
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and node.keywords]
    values = {keyword.arg: ast.literal_eval(keyword.value) for keyword in calls[0].keywords}
    assert values["base_job_name"] == "tanaka-taro-x-y-z--first"
    # SageMaker takes no other name, once the SDK has appended the time.
    # Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", values["base_job_name"] + "-2026-11-28-04-33-40-926")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The longest page, in each language, with a contact that would be markup."""
    settings = SETTINGS["own keys and network"] + SETTINGS["console"] + f"contact: '{HOSTILE}'\n"
    handouts = configured(tmp_path_factory.mktemp("handouts"), settings)
    return {language: handouts.folder(language, "html") / f"{OWN}.html" for language in LANGUAGES}


# In short, what is read is looked at in each language, and what the page does in one.
DONE = ["reads_well", "is_copied_line_by_line", "prints", "runs_nothing"]


@pytest.mark.parametrize(
    ("language", "test"),
    itertools.product(LANGUAGES, DONE) if SLOW else [*itertools.product(LANGUAGES, DONE[:1]), *itertools.product(["ja"], DONE[1:])],
)
def test_in_the_browser(pages: dict[str, Path], language: str, test: str) -> None:
    """A person reads, copies and prints the page."""
    pictures = os.environ.get("SCREENSHOTS")
    picture = [str(Path(pictures) / f"handout-{language}-{test}.png")] if pictures else []
    done = subprocess.run(
        ["node", REPOSITORY / "tests" / "node" / "handout.mjs", pages[language], test, *picture],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr

"""A folder with a configuration and what racestack makes of it."""

import csv
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from moto_server import ACCOUNT_ID, REGION
from patience import PATIENCE

REPOSITORY = Path(__file__).parents[2]
# Whether the tests run at full length: `make test-all`.
SLOW = bool(os.environ.get("RACESTACK_SLOW_TESTS"))
KMS_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/11111111-2222-3333-4444-555555555555"

# The retired services, too.
ALL_SERVICES = "services: [deepracer, lambda, sagemaker, robomaker, cloudformation]\n"

# The company's settings that the tests run with, beside its name and tags.
SETTINGS = {
    "hardened": "policies: hardened\n",
    "documented": "policies: documented\n",
    "own keys and network": f"""\
policies: hardened
{ALL_SERVICES}kms_key: {KMS_KEY}
bucket:
  kms_key: {KMS_KEY}
service_roles:
  suffix: "-Training"
notebooks:
  subnet_id: subnet-0123456789abcdef0
  security_group_ids: [sg-0123456789abcdef0, sg-0123456789abcdef1]
  direct_internet_access: false
  kms_key: {KMS_KEY}
""",
    "console": "console: true\nmfa: required\n",
    "documented console": "policies: documented\nconsole: true\n",
    "documented services": f"policies: documented\n{ALL_SERVICES}",
    "operations": """\
policies: hardened
access_keys:
  max_age_days: 60
  notify: admins@example.com
budgets:
  monthly_usd: 500
  monthly_usd_per_user: 40
  notify: costs@example.com
notebooks:
  allowed_instance_types: [ml.t3.medium, ml.m5.*]
training:
  allowed_instance_types: [ml.c5.*, ml.m5.xlarge]
  max_runtime_minutes: 240
logs:
  retention_days: 90
""",
}
COLUMNS = (
    "name",
    "display_name",
    "email",
    "team",
    "state",
    "console",
    "notebook",
    "notebook.instance_type",
    "notebook.volume_gb",
    "tags.CostCenter",
)

Person = dict[str, str]

PEOPLE: tuple[Person, ...] = (
    {
        "name": "tanaka.taro",
        "display_name": "田中太郎",
        "email": "tanaka.taro@example.com",
        "team": "blue",
        "state": "active",
        "notebook.instance_type": "ml.m5.xlarge",
        "notebook.volume_gb": "20",
        "tags.CostCenter": "0042",
    },
    {"name": "sato.hana", "team": "red", "state": "suspended"},
    {"name": "suzuki_ken+dev", "display_name": 'Ken "no: yes" Suzuki, Jr.', "notebook": "false"},
)


@dataclass(frozen=True)
class Workspace:
    """A configuration of one account, `tokyo`, and its generated folder."""

    root: Path
    settings: str

    @property
    def out(self) -> Path:
        """The generated folder of the account."""
        return self.root / "out" / "tokyo"

    def write(self, people: tuple[Person, ...] = PEOPLE) -> None:
        """Write the settings and the roster, the latter as Excel does."""
        account = self.root / "config" / "accounts" / "tokyo"
        account.mkdir(parents=True, exist_ok=True)
        (self.root / "config" / "settings.yaml").write_text(
            f"company: mycompany\ntags:\n  Environment: training\n{self.settings}"
        )
        (account / "settings.yaml").write_text(
            f'account_id: "{ACCOUNT_ID}"\nregion: {REGION}\nbucket:\n  purpose: test\n  created: "20221130201905"\n'
        )
        with (account / "roster.csv").open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.DictWriter(file, COLUMNS, lineterminator="\r\n")
            rows.writeheader()
            rows.writerows(people)

    def synth(self, *arguments: str | Path) -> None:
        """Run `racestack synth`."""
        finished = subprocess.run(
            [binary(), "synth", "--config", self.root / "config", "--out", self.root / "out", *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert finished.returncode == 0, f"racestack synth ended with {finished.returncode}:\n{finished.stderr}"
        assert (self.out / "deploy.sh").is_file(), f"racestack synth wrote no {self.out / 'deploy.sh'}"

    def deploy(self, environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
        """Run the generated deploy.sh."""
        return subprocess.run(
            ["bash", self.out / "deploy.sh", *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


def binary() -> Path:
    """The racestack to test: `RACESTACK_BIN`, or what `cargo build` made."""
    built = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "racestack"
    path = Path(os.environ.get("RACESTACK_BIN") or built)
    if not path.is_file():
        pytest.fail(f"{path} is missing: build racestack, or set RACESTACK_BIN")
    return path.resolve()

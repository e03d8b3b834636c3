#!/usr/bin/env python3
"""Makes a configuration with many users: benches/make_roster.py DIR --accounts N --users N [--template-bucket NAME].

The users are like those of a large company: one in twenty is suspended, one in ten has no notebook, one in four has a
larger notebook, one in five belongs to another cost centre. The same arguments make the same bytes.
"""

import argparse
import pathlib

SETTINGS = """\
company: mycompany
bucket:
  purpose: test
policies: hardened
services: [deepracer, lambda, sagemaker, robomaker, cloudformation]
notebooks:
  instance_type: ml.t3.medium
  volume_gb: 5
  idle_stop_minutes: 60
tags:
  CostCenter: "4711"
quotas:
  roles: 5000
"""

ACCOUNT = """\
account_id: "{account_id}"
region: ap-northeast-1
bucket:
  created: "{created}"
"""

GIVEN = "aoi haruto hina kaito mei minato ren riko sora tsumugi yui yuto akira daiki emi goro".split()
FAMILY = "tanaka suzuki sato yamada ito watanabe nakamura kobayashi kato yoshida sasaki mori abe".split()


def roster_row(index: int) -> str:
    given, family = GIVEN[index % len(GIVEN)], FAMILY[index % len(FAMILY)]
    name = f"{family}.{given}.{index:04d}"
    state = "suspended" if index % 20 == 7 else ""
    notebook = "false" if index % 10 == 3 else ""
    instance_type, volume = ("ml.g4dn.xlarge", "50") if index % 4 == 1 and not notebook else ("", "")
    cost_center = "4712" if index % 5 == 2 else ""
    return f"{name},{name}@example.com,team-{index % 12},{state},{notebook},{instance_type},{volume},{cost_center}\n"


def make(folder: pathlib.Path, accounts: int, users: int, template_bucket: str | None) -> None:
    deploy = f"deploy: {{template_bucket: {template_bucket}}}\n" if template_bucket else ""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.yaml").write_text(SETTINGS + deploy)
    header = "name,email,team,state,notebook,notebook.instance_type,notebook.volume_gb,tags.CostCenter\n"
    rows = header + "".join(roster_row(index) for index in range(users))
    for number in range(accounts):
        account = folder / "accounts" / f"account-{number:03d}"
        account.mkdir(parents=True, exist_ok=True)
        created = f"2023{1 + number // 28:02d}{1 + number % 28:02d}090000"
        settings = ACCOUNT.format(account_id=f"{100000000000 + number}", created=created)
        (account / "settings.yaml").write_text(settings)
        (account / "roster.csv").write_text(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes a configuration with many users.")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--accounts", type=int, default=1)
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--template-bucket")
    arguments = parser.parse_args()
    make(arguments.folder, arguments.accounts, arguments.users, arguments.template_bucket)


if __name__ == "__main__":
    main()

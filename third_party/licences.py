"""Collects the licences of the packages in a racestack binary, as Markdown.

    python3 third_party/licences.py > THIRD-PARTY.md
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Those that .github/workflows/release.yaml builds for.
TARGETS = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
]
TEXTS = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)([-._].*)?", re.IGNORECASE)
HEAD = """# Third-party licences

The packages in a racestack binary, and their licences. Made by `make licences`: change the packages, not this file.

| package | version | licence |
|---|---|---|
"""


def cargo(*arguments: str) -> str:
    command = ["cargo", *arguments, "--locked", "--manifest-path", str(ROOT / "Cargo.toml")]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True).stdout


def linked() -> set[tuple[str, str]]:
    """Name and version of each package of the registry whose code is in a binary: no macros, no build scripts, no tests."""
    found = set()
    for target in TARGETS:
        tree = cargo("tree", "--edges", "normal,no-proc-macro", "--target", target, "--prefix", "none", "--format", "{p}")
        for line in tree.splitlines():
            name, version, *rest = line.split()
            if not any(part.startswith("(/") for part in rest):
                found.add((name, version.removeprefix("v")))
    return found


# The text of Apache-2.0, which is in LICENSE once; its copies differ in white space.
APACHE = "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"


def texts(folder: Path, names: str | None) -> list[str]:
    """The licence files of a package, without white space at the ends of lines."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and TEXTS.fullmatch(path.name))
    files += [folder / names] if names and folder / names not in files else []
    return ["\n".join(line.rstrip() for line in path.read_text("utf-8", "replace").splitlines()).strip("\n") for path in files]


def collected() -> str:
    wanted = linked()
    by_text: dict[str, list[str]] = defaultdict(list)
    rows, bare = [], []
    for package in sorted(json.loads(cargo("metadata", "--format-version", "1"))["packages"], key=lambda one: one["id"]):
        if (package["name"], package["version"]) not in wanted or not package["source"]:
            continue
        title = f"{package['name']} {package['version']}"
        assert package["license"], f"{title} names no licence"
        rows.append(f"| {package['name']} | {package['version']} | {package['license']} |")
        found = texts(Path(package["manifest_path"]).parent, package["license_file"])
        for text in found:
            if APACHE not in text:
                by_text[text].append(title)
        if not found:
            bare.append(title)
    assert len(rows) == len(wanted), "cargo metadata and cargo tree differ"
    page = [HEAD + "\n".join(sorted(rows)) + "\n"]
    if bare:
        page.append(f"Without a licence file of their own: {', '.join(sorted(bare))}.\n")
    page.append("The text of Apache-2.0 is in [LICENSE](LICENSE). The other texts, and the packages whose they are:\n")
    for text, users in sorted(by_text.items(), key=lambda item: sorted(item[1])):
        page.append(f"## {', '.join(sorted(set(users)))}\n\n````text\n{text}\n````\n")
    return "\n".join(page)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(collected())

"""Draws docs/picture.svg from what racestack prints: a mistake and its finding, a synth, a decision, and the page's own picture.

    python3 docs/picture.py target/debug/racestack > docs/picture.svg
"""

import html
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

FONT = 13
# The width of a character in a monospaced font, in parts of its size.
CHARACTER = 0.602
LINE = 18
TERMINAL, PAGE, GAP, BAR = 860, 470, 20, 30
HEIGHT = 520

# One step: the change of the roster before it, and the command.
STEPS = [
    ({"ml.t3.large": "ml.t3.larg"}, ["synth"]),
    ({"ml.t3.larg": "ml.t3.large"}, ["synth"]),
    (
        {},
        ["access", "--account", "tokyo", "--user", "taro", "--action", "s3:GetObject"]
        + ["--resource", "arn:aws:s3:::mycompany-aws-deepracer-test-20240101000000/minji/model.tar.gz"],
    ),
]


def transcript(racestack: Path, folder: Path) -> list[str]:
    """The commands and all that they print, line by line; the page stands in the folder afterwards."""
    run(racestack, folder, ["init", "."])
    (folder / "config/accounts/example").rename(folder / "config/accounts/tokyo")
    settings = folder / "config/accounts/tokyo/settings.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("000000000000", "111122223333"), encoding="utf-8")
    roster = folder / "config/accounts/tokyo/roster.csv"
    lines = []
    for change, arguments in STEPS:
        text = roster.read_text(encoding="utf-8")
        for old, new in change.items():
            assert old in text, f"the roster of `racestack init` has no {old}"
            text = text.replace(old, new)
        roster.write_text(text, encoding="utf-8")
        lines += ["$ racestack " + " ".join(arguments).replace(" --resource", " \\\n    --resource")]
        lines += [*run(racestack, folder, arguments).rstrip("\n").split("\n"), ""]
    run(racestack, folder, ["report"])
    return "\n".join(lines).rstrip("\n").split("\n")


def run(racestack: Path, folder: Path, arguments: list[str]) -> str:
    finished = subprocess.run(
        [racestack, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False
    )
    assert finished.returncode in (0, 1), finished.stdout
    return finished.stdout.decode()


def kind(line: str) -> str:
    """The class of a line of the terminal."""
    for pattern, name in ((r"\$ |    --", "typed"), (r"error|racestack: ", "error"), (r".*explicitly denied", "good")):
        if re.match(pattern, line):
            return name
    return "said"


def columns(text: str) -> int:
    """How many columns a terminal needs."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def wrapped(line: str) -> list[str]:
    """A line as a terminal of this width shows it."""
    rows = [""]
    for character in line:
        if columns(rows[-1] + character) * FONT * CHARACTER >= TERMINAL - 24:
            rows.append("")
        rows[-1] += character
    return rows


def window(x: int, width: int, title: str) -> str:
    dots = "".join(f'<circle cx="{x + 18 + 18 * index}" cy="15" r="5" class="dot"/>' for index in range(3))
    return (
        f'<rect x="{x}" y="0" width="{width}" height="{HEIGHT}" rx="8" class="frame"/>{dots}'
        f'<text x="{x + width // 2}" y="20" class="title" text-anchor="middle">{html.escape(title)}</text>'
    )


def picture(lines: list[str], page: str) -> str:
    rows = []
    lines = [row for line in lines for row in wrapped(line)]
    for index, line in enumerate(lines):
        width = columns(line) * FONT * CHARACTER
        if line:
            rows.append(
                f'<text x="14" y="{BAR + 24 + index * LINE}" class="line {kind(line)}" textLength="{width:.1f}"'
                f' lengthAdjust="spacingAndGlyphs" xml:space="preserve">{html.escape(line)}</text>'
            )
    assert BAR + 24 + len(lines) * LINE < HEIGHT, "the lines are too many for the picture"
    reach = re.search(r'<svg viewBox="(0 0 \d+ \d+)" [^>]*>(.*?)</svg>', page, re.DOTALL)
    counts = re.findall(r"<li><b>(\d+)</b> ([^<]+)</li>", page)
    assert reach and counts, "the page has no picture or no counts"
    shown = " · ".join(f"{number} {what}" for number, what in counts[:6])
    x = TERMINAL + GAP
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x + PAGE} {HEIGHT}" role="img" aria-labelledby="title">
<title id="title">racestack in a terminal, and the page of racestack report</title>
<!-- Made by docs/picture.py from what racestack prints. Change that, not this file: make picture. -->
<style>
.frame {{ fill: #fff; stroke: #c5ccd6 }} .dot {{ fill: #c5ccd6 }} text {{ font-family: system-ui, sans-serif; fill: #1c2430 }}
.title {{ font-size: 12px; fill: #5b6675 }} .line {{ font: {FONT}px ui-monospace, Menlo, Consolas, monospace }}
.typed {{ font-weight: 700 }} .error {{ fill: #b3261e }} .good {{ fill: #146c2e }}
.head {{ font-size: 17px; font-weight: 700 }} .counts {{ font-size: 11.5px; fill: #5b6675 }}
.lane {{ font-weight: 700 }} .box {{ fill: #eef3fb; stroke: #b9c8e0 }} .reach {{ fill: none; stroke: #2f6fd0; stroke-width: 1.5 }}
svg svg text {{ font-size: 15px }}
</style>
{window(0, TERMINAL, "training")}
{chr(10).join(rows)}
{window(x, PAGE, "racestack.html")}
<text x="{x + 20}" y="{BAR + 28}" class="head">Who reaches what</text>
<text x="{x + 20}" y="{BAR + 48}" class="counts">{shown}</text>
<svg x="{x + 14}" y="{BAR + 60}" width="{PAGE - 28}" height="{HEIGHT - BAR - 70}" viewBox="{reach[1]}">{reach[2]}</svg>
</svg>
"""


def main(racestack: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = transcript(Path(racestack).absolute(), Path(folder))
        page = (Path(folder) / "racestack.html").read_text(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(picture(lines, page))


if __name__ == "__main__":
    main(*sys.argv[1:])

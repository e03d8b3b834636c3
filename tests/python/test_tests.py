"""The tests themselves: none asks the clock when it is collected, and none waits by a limit or on a port of its own."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted(path for path in HERE.rglob("*.py"))

# What tells the time: the last words of a call such as `datetime.datetime.now()`.
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime", "ctime"}
# An address with a port that is written down: another program may have it.
PORT = re.compile(r"(?:127\.0\.0\.1|localhost|0\.0\.0\.0|\[::1?\]):\d+")
# Where Jupyter listens on a notebook: what the script is told to ask, and no test does.
NOT_ASKED = "https://localhost:8443"

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def called(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The name and the line of everything that is called below a node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node.lineno


def run_by_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: all but the bodies of functions, whose decorators and defaults do run."""
    if isinstance(node, Function):
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        defaults = [default for default in (*node.args.defaults, *node.args.kw_defaults) if default]
        for part in (*decorators, *defaults):
            yield from run_by_import(part)
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from run_by_import(child)


def askers(trees: list[ast.Module]) -> set[str]:
    """The names of the functions and classes that ask a clock, by way of others as well."""
    known = set(CLOCKS)
    definitions = [
        (node.name, {name for name, _ in called(node)})
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    while more := {name for name, calls in definitions if calls & known} - known:
        known |= more
    return known


def asked_by_import(tree: ast.Module, askers: set[str]) -> list[int]:
    """The lines that ask a clock when the module is imported, as the arguments of `parametrize` are."""
    found = set()
    for node in run_by_import(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in askers:
                found.add(node.lineno)
    return sorted(found)


def own_limits(tree: ast.Module) -> list[int]:
    """The lines with a time limit in figures, and those that sleep other than in a loop that looks for something."""
    found = []
    looped = {id(inner) for loop in ast.walk(tree) if isinstance(loop, ast.While) for inner in ast.walk(loop)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            limits = [word.value for word in node.keywords if word.arg and "timeout" in word.arg]
            if isinstance(node.func, ast.Attribute) and node.func.attr == "timeout":
                limits += node.args
            if any(isinstance(limit, ast.Constant) for limit in limits):
                found.append(node.lineno)
            if isinstance(node.func, ast.Attribute) and node.func.attr == "sleep" and id(node) not in looped:
                found.append(node.lineno)
    return found


def own_ports(tree: ast.Module) -> list[int]:
    """The lines with a port that is written down."""
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [text.lineno for text in texts if PORT.search(text.value) and text.value != NOT_ASKED]


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), path.name)


@functools.cache
def askers_of_all() -> set[str]:
    return askers([parsed(file) for file in FILES])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HERE).as_posix())
def test_no_test_depends_on_when_or_where_it_runs(path: Path) -> None:
    tree = parsed(path)
    assert asked_by_import(tree, askers_of_all()) == [], "asks the clock when it is imported"
    assert own_limits(tree) == [], "waits for so long, however slow the machine is: see patience.py"
    if path.name != Path(__file__).name:
        assert own_ports(tree) == [], "takes a port that another program may have"


@pytest.mark.parametrize(
    "text",
    [
        "import time\nNOW = time.time()",
        "class Test:\n    began = datetime.datetime.now()",
        "@pytest.mark.parametrize('day', [date.today()])\ndef test(day): ...",
        "def test(since=time.monotonic()): ...",
        "def ago(minutes): return datetime.now() - minutes\n@pytest.mark.parametrize('at', [[ago(50)]])\ndef test(at): ...",
        "def now_and_then(): return time.time()\ndef later(): return now_and_then()\nLATER = [later() for _ in range(3)]",
    ],
)
def test_a_clock_asked_by_import_is_found(text: str) -> None:
    tree = ast.parse(text)
    assert asked_by_import(tree, askers([tree]))


@pytest.mark.parametrize(
    "text",
    [
        "def test():\n    assert time.time() > 0",
        "def ago(minutes): return datetime.now() - minutes\ndef test(): assert ago(50)",
        "@pytest.fixture\ndef moment():\n    yield datetime.now()",
        "MOMENT = lambda: datetime.now()",
    ],
)
def test_a_clock_asked_by_a_test_is_none_of_it(text: str) -> None:
    tree = ast.parse(text)
    assert asked_by_import(tree, askers([tree])) == []


@pytest.mark.parametrize(
    "text",
    [
        "subprocess.run(['true'], timeout=60)",
        "Config(read_timeout=5)",
        "@pytest.mark.timeout(600)\ndef test(): ...",
        "time.sleep(1)",
    ],
)
def test_a_limit_in_figures_is_found(text: str) -> None:
    assert own_limits(ast.parse(text))


def test_a_wait_for_something_is_none_of_it() -> None:
    text = "while not path.exists():\n    time.sleep(0.1)\nsubprocess.run(['true'], timeout=PATIENCE)"
    assert own_limits(ast.parse(text)) == []


@pytest.mark.parametrize("text", ["URL = 'http://127.0.0.1:9'", "URL = f'https://localhost:8443/{path}'"])
def test_a_port_that_is_written_down_is_found(text: str) -> None:
    assert own_ports(ast.parse(text))

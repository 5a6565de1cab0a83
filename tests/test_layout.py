"""The rules of the repository that no linter knows."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("weft", "compiler", "backends", "runtime", "sim")
LINES_PER_FILE = 400


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_p4_is_no_python_package() -> None:
    assert (ROOT / "p4").is_dir()
    assert sources("p4") == []


def test_no_source_file_is_too_long() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in sources(*PACKAGES, "bench", "examples", "tools")
    }
    assert "weft/bundled.py" in lines
    assert {path: count for path, count in lines.items() if count > LINES_PER_FILE} == {}


def test_init_files_hold_only_the_public_names() -> None:
    for path in sources(*PACKAGES):
        if path.name == "__init__.py":
            statements = ast.parse(path.read_text()).body
            others = [ast.unparse(statement) for statement in statements if not _is_public_name(statement)]
            assert others == [], path.relative_to(ROOT)


def _is_public_name(statement: ast.stmt) -> bool:
    match statement:
        case ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AnnAssign(target=ast.Name(id="__all__")):
            return True
        case _:
            return False


def test_help_imports_nothing_slow() -> None:
    program = (
        "import json, sys\n"
        "from weft.cli import main\n"
        "sys.argv = ['weft', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as stop:\n"
        "    assert stop.code in (0, None), stop.code\n"
        "print()\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    imported = set(json.loads(finished.stdout.splitlines()[-1]))
    assert "weft" in imported
    assert imported & {"finsy", "grpc", "lark", "networkx", "numpy", "ortools", "scapy", "torch"} == set()


def _distribution(requirement: str) -> str:
    """Return the normalised name in front of a requirement's extras, versions and markers."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def _declared() -> tuple[set[str], set[str]]:
    """Return what the library needs, extras included, and what its development needs."""
    tree = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = tree["project"]["optional-dependencies"].values()
    needed = {_distribution(line) for group in (tree["project"]["dependencies"], *extras) for line in group}
    return needed, {_distribution(line) for line in tree["dependency-groups"]["dev"]}


def _locked(name: str) -> set[str]:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    return {_distribution(line) for line in lines if "==" in line and not line[:1].isspace()}


def test_every_dependency_is_locked() -> None:
    library, development = _declared()
    assert library - _locked("run.txt") == set()
    assert (library | development) - _locked("dev.txt") == set()


def test_locks_name_no_index_and_no_path() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text()
        assert re.findall(r"\S*(?:://|file:|--index-url|--extra-index-url|--find-links| @ )\S*", text) == [], lock.name


def test_every_dependency_has_a_reason() -> None:
    library, development = _declared()
    rows = re.findall(
        r"^\| `([^`]+)` \|[^|\n]*[^|\s][^|\n]*\|$", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE
    )
    assert set(rows) == library | development

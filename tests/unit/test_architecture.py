"""The rooms import only rooms below them, and starting is cheap."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "convergence"


def rooms() -> dict[str, int]:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = re.search(r"```rooms\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return {room: floor for floor, line in enumerate(block[1].splitlines()) for room in line.split()}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found |= {name.split(".")[1] for name in names if name.startswith("convergence.")}
    return found


EDGES = (PACKAGE / "__init__.py", PACKAGE / "__main__.py")
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path not in EDGES]


def test_every_room_stands_in_the_architecture() -> None:
    assert {room_of(path) for path in MODULES} <= set(rooms())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_below(path: Path) -> None:
    floors = rooms()
    own = room_of(path)
    above = {room for room in imported_rooms(path) if room != own and floors[room] > floors[own]}
    assert not above, f"{path.relative_to(ROOT)} imports {sorted(above)} from above"


def test_the_trusted_core_imports_little() -> None:
    allowed = {"certificates", "expressions", "printed", "verdicts", "errors"}
    for path in (PACKAGE / "certificates").glob("*.py"):
        assert imported_rooms(path) <= allowed, path


def loaded_modules(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


HEAVY = {"torch", "numba", "cvxpy", "matplotlib", "sympy", "scipy", "pydantic", "duckdb"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_modules("import convergence") & HEAVY


def test_the_plugin_and_the_command_line_load_nothing_heavy() -> None:
    assert not loaded_modules("import convergence.pytest_plugin, convergence.cli") & HEAVY


def test_auditing_loads_no_torch() -> None:
    loaded = loaded_modules("import convergence; convergence.audit, convergence.load")
    assert not loaded & {"torch", "cvxpy", "matplotlib"}

"""The registry: every rule is documented, survives being written down, and its page runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sympy import Rational

from convergence.claims.documents import MethodTable
from convergence.claims.reader import _rule
from convergence.expressions import COUNTERS
from convergence.methods import METHODS
from convergence.methods.rule import theta

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "methods.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_documented_and_has_a_source(name: str) -> None:
    assert f"`{name}`" in PAGE
    assert METHODS[name].source


@pytest.mark.parametrize("name", METHODS)
def test_a_rule_written_down_is_read_back(name: str) -> None:
    document = METHODS[name].to_document()
    again = _rule(name, MethodTable.model_validate(document), dict(COUNTERS))
    assert again.to_document() == document
    first, second = (
        [values[theta] for values in method.unrolled(lambda x: 3 * x - 1, Rational(1, 2), 2)]
        for method in (METHODS[name], again)
    )
    assert [float(value) for value in first] == pytest.approx([float(value) for value in second], rel=1e-14)


def test_the_page_runs() -> None:
    space: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/methods.md", "exec"), space)
    assert "own" in space

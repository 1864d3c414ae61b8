"""The reduction of vectors to numbers: facts are true of every function drawn, goals say what the claim says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sympy import Symbol

from convergence.certificates.vector_forms import Polynomial
from convergence.certificates.vector_steps import Step, step_of
from convergence.checks.vector_instances import Batch, drawn, search_of
from convergence.claims import to_document
from convergence.claims.claim import Claim
from convergence.claims.documents import validated
from convergence.claims.reader import from_document, read_paper
from convergence.claims.statements import Holds

sys.path.append(str(Path(__file__).resolve().parents[1] / "quality"))
from vector_steps import STEPS, SYMBOLS

TOLERANCE = 1e-7


def claim_of(given: tuple[str, ...], holds: str) -> Claim:
    table = {"id": "claim", "given": list(given), "holds": holds}
    claim = read_paper(validated({"symbols": SYMBOLS, "claims": [table]})).claims[0]
    return from_document(to_document(claim))


class Values:
    """The values of atoms for a batch of drawn functions, vectors and noise; one row for each outcome."""

    def __init__(self, batch: Batch, step: Step) -> None:
        self.batch, self.step = batch, step

    def polynomial(self, polynomial: Polynomial) -> Any:
        total = np.zeros((2, len(self.batch.batch)))
        for monomial, factor in polynomial.terms.items():
            term = self.batch.number(sympy.sympify(factor))
            for atom in monomial:
                term = term * self.atom(atom)
            total = total + term
        return total

    def size(self, polynomial: Polynomial) -> Any:
        """The sum of the sizes of a polynomial's terms, which roundoff is proportional to."""
        parts = [Polynomial({monomial: factor}) for monomial, factor in polynomial.terms.items()]
        return sum((np.abs(self.polynomial(part)) for part in parts), start=self.floor())

    def floor(self) -> Any:
        """What roundoff in the vectors themselves may amount to."""
        squares = sum(np.sum(vector**2, axis=-1) for vector in self.batch.vectors.values())
        return 1e-6 + 1e-3 * squares

    def atom(self, name: tuple[str, ...]) -> Any:
        if len(name) == 2:
            first, second = (self.vector(part) for part in name)
            product = np.sum(first * second, axis=-1)
            return self.mean(product) if " - E[" in name[0] else product
        word = name[0]
        if word.startswith("E["):
            factors = word[2:-1].replace(")*norm(", ")|norm(").split("|")
            return self.mean(np.prod([self.atom((factor,)) for factor in factors], axis=0))
        if word.startswith("f("):
            return self.batch.value(self.batch._combination(self.step.space.points[word[2:-1]]))
        if word.startswith("norm("):
            return np.sqrt(np.sum(self.batch._combination(self.step.space.norms[word]) ** 2, axis=-1))
        assert Symbol(word, real=True) in self.step.space.infima
        return np.broadcast_to(self.batch.constant, (2, len(self.batch.batch)))

    def vector(self, name: str) -> Any:
        if " - E[" in name:
            own = self.batch._basis(name.split(" - E[")[0])
            return own - own.mean(axis=0, keepdims=True)
        return self.batch._basis(name)

    def mean(self, rows: Any) -> Any:
        return np.broadcast_to(rows.mean(axis=0, keepdims=True), rows.shape)


def batch_for(claim: Claim, step: Step, seed: int) -> tuple[Batch, Any]:
    """Drawn candidates, and which of them satisfy the relations in ``given``."""
    search = search_of(claim, step)
    batch = Batch(search, list(drawn(search, seed, (12, 25))))
    allowed = np.ones(len(batch.batch), dtype=bool)
    for relation in claim.relations:
        allowed &= batch.slack(relation) >= -1e-9
    return batch, allowed


@settings(max_examples=1, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(seed=st.integers(0, 10_000))
@pytest.mark.parametrize("case", STEPS, ids=lambda case: case.name)
def test_facts_are_true_and_goals_faithful(case: Any, seed: int) -> None:
    claim = claim_of(case.given, case.holds)
    step = step_of(to_document(claim))
    batch, allowed = batch_for(claim, step, seed)
    values = Values(batch, step)
    for place, fact in enumerate(step.facts):
        consequence = step.consequence((place,))
        slack = (values.polynomial(consequence) / values.size(consequence))[:, allowed]
        assert (slack >= -TOLERANCE).all(), fact.says
        assert not fact.is_equation or (np.abs(slack) <= TOLERANCE).all(), fact.says
    assert isinstance(claim.statement, Holds)
    goal, relation = step.goals[0], claim.statement.relations[0]
    less, greater = (relation.rhs, relation.lhs) if relation.rel_op in (">", ">=") else (relation.lhs, relation.rhs)
    for polynomial, side in ((goal.less, less), (goal.greater, greater)):
        assert np.all(np.abs(values.polynomial(polynomial) - batch.number(side)) <= TOLERANCE * values.size(polynomial))

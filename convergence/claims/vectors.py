"""What a claim about vectors may be: a relation under hypotheses about its function, with the oracle's as relations."""

from __future__ import annotations

from convergence.claims.claim import Claim
from convergence.claims.documents import DocumentError
from convergence.claims.hypotheses import Hypothesis
from convergence.claims.statements import Holds
from convergence.errors import ClaimError
from convergence.expressions import Vector


def require_vectors(claim: Claim) -> None:
    """Check a claim that calls ``f``, ``grad``, ``dot`` or ``E``, or speaks of vectors; others pass.

    Raises:
        ClaimError: if it has a method or a problem, no vector at all, or a hypothesis about a method's oracle or start.
    """
    if not claim.has_vectors:
        return
    if not isinstance(claim.statement, Holds) or claim.subject is not None or claim.problem is not None:
        raise ClaimError('relations between vectors belong to a statement "holds", without a method or a problem')
    relations = (*claim.relations, *claim.statement.relations)
    if not any(isinstance(name, Vector) for relation in relations for name in relation.free_symbols):
        raise ClaimError("expected at least one vector in a claim that calls f, grad, dot or E")
    for index, hypothesis in enumerate(claim.given):
        if isinstance(hypothesis, Hypothesis) and hypothesis.kind.about != "function":
            message = f"{hypothesis.name} is about a method; in a claim about vectors, state it as a relation"
            raise DocumentError(("given", index), f'{message}, such as "E(g) == grad(x)"')

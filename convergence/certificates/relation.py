"""A relation that holds for all values that satisfy domains and hypotheses; see `inequalities` for what can be proved.

Witness: nothing. Hypotheses that the proof does not need are left out; a side that may be undefined proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convergence.certificates import instances
from convergence.certificates.inequalities import follows_from_equations, true_everywhere
from convergence.certificates.signs import Unsupported
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Prove every link of the relation."""
    del witness
    if "holds" not in claim:
        raise CertificateRejected("expected a claim that a relation holds")
    facts = instances.facts(claim, counters=True)
    equations = [given.lhs - given.rhs for given in instances.given_relations(claim) if given.rel_op == "=="]
    for relation in instances.parsed_relations(claim, claim["holds"]):
        try:
            proved = true_everywhere(relation, facts) or follows_from_equations(relation, equations)
        except Unsupported as reason:
            raise CertificateRejected(str(reason)) from None
        if not proved:
            raise CertificateRejected(f"cannot see that {relation} for all allowed values")
    return Verdict.PROVED

"""Values of the symbols that satisfy every hypothesis and violate the relation that a claim states.

Witness: ``values``, a rational for each symbol. Both sides must be defined there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convergence.certificates import document, exact, instances
from convergence.errors import CertificateRejected
from convergence.verdicts import Verdict


def check(claim: Mapping[str, Any], witness: Mapping[str, Any]) -> Verdict:
    """Evaluate hypotheses first, then the relation."""
    if "holds" not in claim:
        raise CertificateRejected("expected a claim that a relation holds")
    values = instances.satisfying(claim, witness["values"], instances.relations_only(claim))
    if all(exact.holds(relation, values) for relation in instances.parsed_relations(claim, claim["holds"])):
        raise CertificateRejected("the relation holds at these values")
    return document.against(claim)

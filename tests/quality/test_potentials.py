"""How often the search for potentials proves what the field has proved, and that it never proves what is false.

Every true claim about gradient methods on a class of functions is also asked in the versions that its author of record
marks as surely false: a constant that is 5 % smaller, a faster exponent, a hypothesis less.
"""

import pytest

from convergence.checks.potential import check
from convergence.checks.resources import Budget, Resources
from convergence.claims import paper
from proofs.classics import acceleration, gradient_descent, stochastic, subgradient
from proofs.classics.known import SYMBOLS

pytestmark = pytest.mark.slow

MODULES = (gradient_descent, acceleration, stochastic, subgradient)
RESOURCES = Resources(budget=Budget.QUICK, seed=1)
OTHERWISE = {"heavy-ball-quadratics", "heavy-ball-stable", "subgradient-last-iterate"}
"""True claims that no shape fits: quadratics have their own checks, the last iterate needs a longer argument."""


def keys(known, module):
    """The claim's keys, with the method that its module names written out."""
    found = dict(known.claim)
    return found | ({"method": module.FISTA} if found.get("method") == "fista" else {})


def sharpened(claim, how):
    """The claim made false: a smaller constant, a faster rate, or without a hypothesis."""
    key = "bound" if "bound" in claim else "rate"
    match how:
        case "constant":
            return claim | {key: f"19/20*({claim[key]})"}
        case "exponent":
            return claim | {key: f"({claim[key]})*{'T' if 'T' in claim[key] else 'k'}**(-1/4)"}
    return claim | {"given": [text for text in claim["given"] if text != how]}


def is_proved(claim):
    return check(paper("a paper", claims=[claim], symbols=SYMBOLS).claims[0], RESOURCES) is not None


KNOWN = [(keys(known, module), known) for module in MODULES for known in module.KNOWN if "problem" not in known.claim]


@pytest.mark.parametrize("claim", [claim for claim, known in KNOWN if known.truth], ids=lambda claim: claim["id"])
def test_true_claims_about_classes_are_proved(claim):
    assert is_proved(claim) or claim["id"] in OTHERWISE


@pytest.mark.parametrize("claim", [claim for claim, known in KNOWN if not known.truth], ids=lambda claim: claim["id"])
def test_false_claims_are_not(claim):
    assert not is_proved(claim)


@pytest.mark.parametrize(
    ("claim", "how"), [(claim, how) for claim, known in KNOWN for how in known.sharp], ids=lambda value: str(value)[:40]
)
def test_sharpened_claims_are_not(claim, how):
    assert not is_proved(sharpened(claim, how))

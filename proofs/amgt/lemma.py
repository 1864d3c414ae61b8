"""Lemma 2.1: a recursion of Robbins-Monro type, as it is printed and as it is used."""

from convergence.claims import paper
from proofs.writing import claim, reading

RECURSION = "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2"

PAPER = paper(
    "AMGT, Lemma 2.1",
    symbols={
        "beta": {"domain": "positive", "range": ["1/4", 3], "meaning": "contraction"},
        "gamma": {"domain": "positive", "range": ["1/4", 4], "meaning": "forcing"},
    },
    claims=[
        claim(
            "amgt-108-lemma", "Lemma 2.1", "a sequence that satisfies the recursion tends to 0",
            recursion=RECURSION, limit=0,
            readings=[reading("with nonnegative terms", given=["a[k] >= 0"])],
            expects="refuted",
        ),
        claim(
            "amgt-109-lemma-rate", "Discussion", "the recursion of Lemma 2.1 gives the rate O(1/k) for every beta > 0",
            recursion=RECURSION, given=["a[k] >= 0"], rate="1/k",
            readings=[reading("for beta > 1", given=["a[k] >= 0", "beta > 1"])],
            expects="refuted",
        ),
    ],
)  # fmt: skip

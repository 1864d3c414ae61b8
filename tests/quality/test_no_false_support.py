"""The audit on statements about methods whose truth is known: nothing false is supported, nothing true contradicted."""

import warnings

import pytest
from known_claims import FALSE, TRUE, read

from convergence.auditing import audit
from convergence.verdicts import Verdict

BELIEVED = (Verdict.SUPPORTED, Verdict.PROVED)
EXACT = (  # refuted in exact numbers
    "heavy-ball-global", "heavy-ball-global-gap", "heavy-ball-global-average", "heavy-ball-global-rate",
    "heavy-ball-symbolic", "heavy-ball-stable-on-quadratics", "momentum-end-of-range", "gd-stale-gradient",
    "summable-steps", "sign-constant", "sgd-wrong-mu", "gd-linear-on-convex", "coarse-grid-stalls", "sign-tiny",
)  # fmt: skip


def _random(case):
    return any(name in ("unbiased", "online") for name in case.get("given", ()))


def _marked(cases):
    """Random runs take seconds; of the others every second one is in the default run, and what is refuted exactly."""
    for index, case in enumerate(cases):
        often = case["id"] in EXACT or (index % 2 == 0 and not _random(case))
        yield pytest.param(case, id=case["id"], marks=() if often else pytest.mark.slow)


def _verdict(case):
    (claim,) = read([case]).claims
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return audit(claim).papers[0].claims[0].verdict


@pytest.mark.parametrize("case", list(_marked(FALSE)))
def test_nothing_false_is_supported(case):
    verdict = _verdict(case)
    assert verdict not in BELIEVED
    assert case["id"] not in EXACT or verdict is Verdict.REFUTED


@pytest.mark.parametrize("case", list(_marked(TRUE)))
def test_nothing_true_is_contradicted(case):
    assert not _verdict(case).against


def test_the_lists_are_long_and_without_repetition():
    names = [case["id"] for case in (*FALSE, *TRUE)]
    assert len(set(names)) == len(names)
    assert len(FALSE) >= 40 and len(TRUE) >= 25

"""Every verdict that the content records is the one that an audit gives today."""

from __future__ import annotations

from pathlib import Path

import pytest

from convergence import audit
from convergence.claims import load_all

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["proofs", "examples"])
def test_recorded_verdicts_are_kept(folder: str) -> None:
    for source in load_all([ROOT / folder]):
        if not any(claim.expects for claim in source):
            continue  # the classics record truths, not verdicts
        results = audit(source)
        found = {claim.id: results[claim.id].verdict for claim in source if claim.expects}
        assert found == {claim.id: claim.expects for claim in source if claim.expects}

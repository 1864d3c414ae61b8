"""The classics: they load, each has a truth that nothing in the claim carries, and both kinds are there in number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convergence.auditing.calibration import classics_folder, exercises
from convergence.auditing.mutants import mutants
from convergence.claims import load, to_document
from convergence.claims.statements import Bound, Limit
from convergence.errors import ClaimError

FOLDER = Path(__file__).parents[2] / "proofs" / "classics"
MODULES = sorted(path for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "known", "recorded"))


@pytest.fixture(scope="module")
def tasks():
    return exercises(FOLDER)


@pytest.fixture(scope="module")
def stated(tasks):
    return [task for task in tasks if task.claim.id == task.original]


def test_there_are_enough_of_both_kinds(stated):
    assert sum(task.truth for task in stated) >= 40
    assert sum(not task.truth for task in stated) >= 25


def test_every_claim_has_a_place_and_words_and_one_reading(stated):
    for task in stated:
        assert task.claim.where and task.claim.says, task.claim.id
        assert not task.claim.others, task.claim.id


def test_verdicts_are_recorded_only_against_false_claims(stated):
    for task in stated:
        assert task.claim.expects is None or (task.claim.expects.against and not task.truth), task.claim.id


def test_no_two_statements_are_the_same(stated):
    texts = [json.dumps(to_document(task.claim), sort_keys=True) for task in stated]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_theme_can_be_audited_by_itself(path, stated):
    ids = {task.claim.id for task in stated if task.group == path.stem}
    assert {claim.id for claim in load(path)} == ids


def test_mutants_differ_from_their_originals_unless_only_names_do(tasks, stated):
    originals = {task.claim.id: json.dumps(to_document(task.claim)) for task in stated}
    for task in tasks:
        if task.claim.id != task.original:
            assert json.dumps(to_document(task.claim)) != originals[task.original], task.claim.id


def by_id(tasks, identifier):
    return next(task for task in tasks if task.claim.id == identifier)


def test_a_smaller_constant_a_faster_exponent_and_a_dropped_hypothesis(tasks):
    bound = by_id(tasks, "gd-gap-exact").claim.statement.value
    smaller = by_id(tasks, "gd-gap-exact, constant x 0.95")
    assert isinstance(smaller.claim.statement, Bound) and not smaller.truth
    assert (20 * smaller.claim.statement.value - 19 * bound).equals(0)
    dropped = by_id(tasks, "gd-gap-exact, without convex")
    assert dropped.claim.hypothesis("convex") is None and dropped.claim.hypothesis("smooth") is not None
    assert not dropped.truth


def test_another_limit_is_five_hundredths_away(tasks):
    found = by_id(tasks, "compound-interest, another limit")
    assert isinstance(found.claim.statement, Limit) and not found.truth
    original = by_id(tasks, "compound-interest").claim.statement.value
    assert (20 * (found.claim.statement.value - original)).equals(1)


def test_another_unit_keeps_truth_and_falsehood(tasks):
    true, false = (by_id(tasks, f"{name}, f in another unit") for name in ("gd-gap-exact", "gd-gap-too-small"))
    assert true.truth and not false.truth
    L = next(iter(true.claim.constant("smooth").free_symbols))
    assert true.claim.constant("smooth") == 3 * L


def test_sharpness_must_name_a_hypothesis_of_the_claim(stated):
    claim = by_id(stated, "gd-gap-exact").claim
    with pytest.raises(ClaimError, match=r"no hypothesis 'quadratic' among convex, smooth\(L\)"):
        list(mutants(claim, True, ("quadratic",)))


def test_outside_a_checkout_there_is_nothing_to_run(tmp_path):
    with pytest.raises(ClaimError, match="content of a checkout of this project"):
        classics_folder(tmp_path)


def test_a_pattern_without_a_match_names_the_nearest():
    with pytest.raises(ClaimError, match="did you mean 'gd-gap-exact'"):
        exercises(FOLDER, "gd-gap-exac")

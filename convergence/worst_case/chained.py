"""Long runs: a chain of small semidefinite programs, whose size grows linearly with the number of steps.

Only the conditions between consecutive points and with the minimiser are used, which may only raise the value: it is
an upper bound of the worst case. Written over the iterates, each condition mentions few vectors that follow each other,
so that the residual is banded and splits into small blocks, one for every few steps: a chain of Lyapunov inequalities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flint import fmpq, fmpq_mat

from convergence.certificates.estimation import Form, Node, Program
from convergence.certificates.linear import Vector, unit
from convergence.worst_case.program import Solution, maximise, neighbouring, rows


def chained(program: Program, reading: Sequence[Form], size: float, spread: float = 0.0) -> Solution | None:
    """The solution of the chain, with multipliers for the pairs of `neighbouring`; None if the solver reports none.

    Args:
        program: the run and its class.
        reading: the forms of which the measure is the least.
        size: a rough size of the measure.
        spread: as in `maximise`.
    """
    same = _over_iterates(program, reading)
    return maximise(rows(same, same.readings[0], size, neighbouring(same)), spread)


def _over_iterates(program: Program, reading: Sequence[Form]) -> Program:
    """The program with every vector written over outputs, in order, filled up with queries and unknown vectors."""
    change = _change(program)

    def over(vectors: Sequence[Vector]) -> list[Vector]:
        return [tuple(row) for row in (fmpq_mat([list(v) for v in vectors]) * change).tolist()] if vectors else []

    def form(one: Form) -> Form:
        weights = [weight for weight, _ in one.squares]
        return replace(one, squares=tuple(zip(weights, over([v for _, v in one.squares]), strict=True)))

    points, slopes = over([node.x for node in program.nodes]), over([node.g for node in program.nodes])
    return replace(
        program,
        nodes=tuple(Node(x=x, g=g) for x, g in zip(points, slopes, strict=True)),
        conditions=tuple(map(form, program.conditions)),
        readings=(tuple(map(form, reading)),),
    )


def _change(program: Program) -> fmpq_mat:
    """The unknown vectors over the iterates: the inverse of a basis of iterates."""
    size = program.basis
    run = [program.run.start, *program.run.outputs, *program.run.queries]
    vectors = [[*v, *[fmpq(0)] * (size - len(v))] for v in run] + [list(unit(place, size)) for place in range(size)]
    reduced, rank = fmpq_mat(vectors).transpose().rref()
    pivots = [next(j for j in range(len(vectors)) if reduced[i, j] != 0) for i in range(rank)]
    return fmpq_mat([vectors[j] for j in pivots]).inv()

"""Rational matrices."""

from __future__ import annotations

from flint import fmpq, fmpq_mat


def identity(size: int) -> fmpq_mat:
    """The identity matrix."""
    return fmpq_mat(size, size, [fmpq(int(i == j)) for i in range(size) for j in range(size)])


def is_positive_semidefinite(matrix: fmpq_mat) -> bool:
    """Whether a symmetric matrix is, exactly, by elimination: a zero pivot needs a zero row."""
    size = matrix.nrows()
    rows = [[matrix[i, j] for j in range(size)] for i in range(size)]
    for k in range(size):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(rows[k][j] != 0 for j in range(k, size))):
            return False
        for i in range(k + 1, size) if pivot != 0 else ():
            factor = rows[i][k] / pivot
            for j in range(k, size):
                rows[i][j] -= factor * rows[k][j]
    return True

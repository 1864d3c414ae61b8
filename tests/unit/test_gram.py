"""Gram forms: arithmetic, interpolation inequalities on functions that satisfy them, and what is accepted."""

import pytest
import sympy
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from convergence.certificates import gram
from convergence.certificates.signs import Facts, facts_of
from convergence.errors import CertificateRejected
from convergence.expressions import COUNTERS, symbol

L, MU, D = (symbol(name, "positive") for name in ("L", "mu", "D"))
K = COUNTERS["k"]
X, G = gram.vector("x"), gram.vector("g")
MINIMISER = gram.Sample(gram.Vector(), gram.Vector(), gram.Form())
POINT = gram.Sample(X, G, gram.value("f"))
CLASS = facts_of([sympy.Le(MU, L, evaluate=False)], [MU, L, K])

rationals = st.fractions(-4, 4, max_denominator=12).map(lambda value: fmpq(value.numerator, value.denominator))


def evaluated(form, vectors, values):
    """The number that a form is, for vectors in the plane and numbers as function values."""
    total = fmpq(0)
    for key, number in form.terms.items():
        match key:
            case ():
                total += number
            case (name,):
                total += number * values[name]
            case (first, second):
                total += number * sum(a * b for a, b in zip(vectors[first], vectors[second], strict=True))
    return total


@settings(deadline=None)
@given(st.lists(rationals, min_size=8, max_size=8), rationals, rationals)
def test_inner_products_are_bilinear_and_symmetric(numbers, a, b):
    names = ("u", "v", "w", "z")
    u, v, w, z = (gram.vector(name, fmpq(1)) for name in names)
    vectors = {name: tuple(numbers[2 * i : 2 * i + 2]) for i, name in enumerate(names)}
    left = gram.inner(a * u + b * v, w - z)
    right = a * gram.inner(w, u) + b * gram.inner(w, v) - a * gram.inner(u, z) - b * gram.inner(z, v)
    assert evaluated(left, vectors, {}) == evaluated(right, vectors, {})
    assert evaluated(gram.squared(u - w), vectors, {}) == sum(
        (p - q) ** 2 for p, q in zip(vectors["u"], vectors["w"], strict=True)
    )


@settings(deadline=None)
@given(st.lists(rationals, min_size=4, max_size=4), st.lists(st.fractions(0, 1, max_denominator=9), min_size=2))
def test_quadratics_of_the_class_satisfy_the_interpolation_inequality(points, weights):
    """f(x) = sum of c_i x_i^2 / 2 with m <= c_i <= l; evaluated coordinate by coordinate."""
    m, l = fmpq(-1), fmpq(3)
    curvatures = [m + (l - m) * fmpq(w.numerator, w.denominator) for w in weights[:2]]
    places = {"a": tuple(points[:2]), "b": tuple(points[2:])}
    vectors, values, samples = {}, {}, []
    for name, place in places.items():
        vectors |= {f"x{name}": place, f"g{name}": tuple(c * p for c, p in zip(curvatures, place, strict=True))}
        values[f"f{name}"] = sum((c * p * p / 2 for c, p in zip(curvatures, place, strict=True)), start=fmpq(0))
        x, g = (gram.vector(f"{letter}{name}", fmpq(1)) for letter in "xg")
        samples.append(gram.Sample(x, g, gram.value(f"f{name}", fmpq(1))))
    assert evaluated(gram.interpolation(*samples, m, l), vectors, values) >= 0
    assert evaluated(gram.convexity(*samples, m), vectors, values) >= 0


def test_the_interpolation_inequality_is_exact_on_its_extremal_functions():
    """At l |x|^2/2 and m |x|^2/2 nothing is left: the inequality is tight."""
    x, y = gram.vector("x"), gram.vector("y")
    for curvature in (L, MU):
        half = sympy.Rational(1, 2) * curvature
        first, second = (gram.Sample(v, curvature * v, half * gram.squared(v)) for v in (x, y))
        left = gram.interpolation(first, second, MU, L)
        assert all(sympy.expand(number) == 0 for number in left.terms.values())


def test_contraction_of_gradient_descent_with_symbols():
    """|x - g/L|^2 <= (1 - mu/L)^2 |x|^2 from the two inequalities between x and the minimiser, each times 1/L^2.

    Both together are 2 ((L + mu) <g, x> - |g|^2 - mu L |x|^2); with the factor 1/L^2 the rest is
    (1/L^2) |g - mu x|^2 >= 0.
    """
    goal = (1 - MU / L) ** 2 * gram.squared(X) - gram.squared(X - (1 / L) * G)
    pairs = [gram.interpolation(POINT, MINIMISER, MU, L), gram.interpolation(MINIMISER, POINT, MU, L)]
    gram.require_combination(goal, [(L**-2, pair) for pair in pairs], CLASS)
    with pytest.raises(CertificateRejected, match="the value f is left"):
        gram.require_combination(goal, [(L**-2, pairs[0]), (2 * L**-2, pairs[1])], CLASS)
    with pytest.raises(CertificateRejected, match=r"multiplier 1 .* may be negative"):
        gram.require_combination(goal, [(-(L**-2), pair) for pair in pairs], CLASS)
    smaller = sympy.Rational(19, 20) * (1 - MU / L) ** 2 * gram.squared(X) - gram.squared(X - (1 / L) * G)
    with pytest.raises(CertificateRejected, match="quadratic form"):
        gram.require_combination(smaller, [(L**-2, pair) for pair in pairs], CLASS)


@pytest.mark.parametrize(
    "root", [sympy.sqrt(K), sympy.sqrt(L / MU), (1 - MU / L) ** K, (K + 1) ** sympy.Rational(2, 3)]
)
def test_roots_and_powers_are_exact(root):
    """(r x + g)^2 is a square; with a smaller first coefficient it is none."""
    form = root**2 * gram.squared(X) + 2 * root * gram.inner(X, G) + gram.squared(G)
    gram.require_combination(form, [], CLASS)
    with pytest.raises(CertificateRejected):
        gram.require_combination(form - sympy.Rational(1, 100) * root**2 * gram.squared(X), [], CLASS)


def test_powers_of_consecutive_steps_are_related():
    r = 1 - MU / L
    form = r ** (2 * K + 2) * gram.squared(X) + 2 * r ** (K + 1) * gram.inner(X, G) + gram.squared(G)
    gram.require_combination(form, [], CLASS)


def test_a_pivot_that_vanishes_at_some_parameters_needs_its_minors():
    """(L - mu) |x + g|^2 is semidefinite although its pivot is 0 at mu = L; a cross term that stays is not."""
    form = (L - MU) * gram.squared(X + G)
    gram.require_combination(form, [], CLASS)
    with pytest.raises(CertificateRejected):
        gram.require_combination(form + (L - MU) * gram.inner(X, G), [], CLASS)


def test_undefined_coefficients_are_rejected():
    with pytest.raises(CertificateRejected, match="may be undefined"):
        gram.require_combination(1 / (L - MU) * gram.squared(X), [], CLASS)
    gram.require_combination(1 / (L - MU) * gram.squared(X), [], facts_of([sympy.Lt(MU, L, evaluate=False)], [MU, L]))


def test_what_is_left_of_constants_and_values():
    with pytest.raises(CertificateRejected, match="constant"):
        gram.require_combination(gram.constant(MU - L), [], CLASS)
    gram.require_combination(gram.constant(L - MU), [], CLASS)
    with pytest.raises(CertificateRejected, match="value f"):
        gram.require_combination(L * gram.value("f"), [], CLASS)


@settings(deadline=None, max_examples=60)
@given(st.lists(rationals, min_size=9, max_size=9), st.fractions("1/100", 1, max_denominator=100))
def test_rational_forms_are_accepted_exactly_if_semidefinite(numbers, less):
    """Sums of three squares are accepted; with one square less than nothing they are not, wherever it counts."""
    names = ("a", "b", "c")
    basis = [gram.vector(name, fmpq(1)) for name in names]
    rows = [numbers[3 * i : 3 * i + 3] for i in range(3)]
    squares = [sum((c * v for c, v in zip(row, basis, strict=True)), start=gram.Vector()) for row in rows]
    form = sum((gram.squared(square) for square in squares), start=gram.Form())
    gram.require_combination(form, [])
    negative = form - (sum(c * c for row in rows for c in row) + fmpq(less.numerator, less.denominator)) * gram.squared(
        basis[0]
    )
    with pytest.raises(CertificateRejected):
        gram.require_combination(negative, [])


def test_conditions_on_the_counter_count():
    facts = Facts(((K - 3, False),))
    gram.require_combination((K - 3) * gram.squared(X), [], facts)
    with pytest.raises(CertificateRejected):
        gram.require_combination((K - 4) * gram.squared(X), [], facts)

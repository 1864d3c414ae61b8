"""Steps of proofs about vectors, gradients and expectations that are true, each with statements near it that are false.

Each true step has a textbook proof, named beside it. Each false one is a true one with a constant that is too small, a
sign turned or a hypothesis left out, and has a counterexample in one or two dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

SYMBOLS = {
    **dict.fromkeys(("L", "mu", "alpha", "eta", "c", "G", "a", "p", "q", "gamma", "eps"), "positive"),
    **dict.fromkeys(("sigma", "delta", "rho"), "nonnegative"),
    **dict.fromkeys(("theta", "beta"), "fraction"),
    **dict.fromkeys(("u", "v", "w", "x", "y", "z", "x_next", "x_2", "e", "m", "m_next"), "vector"),
    **dict.fromkeys(("g", "h", "X", "X_next"), "random vector"),
    "x_star": "minimiser",
    "f_star": "infimum",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A true statement under hypotheses, and false ones: pairs of hypotheses (None: the same) and a statement."""

    name: str
    given: tuple[str, ...]
    holds: str
    false: tuple[tuple[tuple[str, ...] | None, str], ...] = ()


def step(name: str, given: tuple[str, ...], holds: str, *false: tuple[tuple[str, ...] | None, str]) -> Step:
    """A step, written briefly."""
    return Step(name=name, given=given, holds=holds, false=false)


GD = "x_next == x - alpha*grad(x)"
STRONG = ("strongly_convex(mu)", "smooth(L)")
ORACLE = ("E(g) == grad(x)", "E(norm(g - grad(x))**2) <= sigma**2")
INEXACT = "x_next == x - alpha*(grad(x) + e)"
MEAN = "norm(theta*u + (1 - theta)*v)**2"
SGD = "X_next == x - alpha*g"

PLAIN = (
    # vectors alone
    step("expansion", (), "norm(u + v)**2 == norm(u)**2 + 2*dot(u, v) + norm(v)**2",
         (None, "norm(u + v)**2 == norm(u)**2 + dot(u, v) + norm(v)**2")),
    step("polarisation", (), "2*dot(u, v) == norm(u)**2 + norm(v)**2 - norm(u - v)**2",
         (None, "2*dot(u, v) == norm(u)**2 + norm(v)**2 - norm(u + v)**2")),
    step("parallelogram", (), "norm(u + v)**2 + norm(u - v)**2 == 2*norm(u)**2 + 2*norm(v)**2",
         (None, "norm(u + v)**2 + norm(u - v)**2 <= 1.9*norm(u)**2 + 2*norm(v)**2")),
    step("three points", (), "2*dot(x - y, x - z) == norm(x - y)**2 + norm(x - z)**2 - norm(y - z)**2",
         (None, "2*dot(x - y, z - x) == norm(x - y)**2 + norm(x - z)**2 - norm(y - z)**2")),
    step("convex combination", (),
         f"{MEAN} == theta*norm(u)**2 + (1 - theta)*norm(v)**2 - theta*(1 - theta)*norm(u - v)**2",
         (None, f"{MEAN} <= theta*norm(u)**2 + (1 - theta)*norm(v)**2 - theta*norm(u - v)**2")),
    step("Young", (), "dot(u, v) <= c/2*norm(u)**2 + 1/(2*c)*norm(v)**2",
         (None, "dot(u, v) <= 0.95*c/2*norm(u)**2 + 1/(2*c)*norm(v)**2"),
         (None, "dot(u, v) <= c/2*norm(u)**2 - 1/(2*c)*norm(v)**2")),
    step("Young for a square", (), "norm(u + v)**2 <= (1 + c)*norm(u)**2 + (1 + 1/c)*norm(v)**2",
         (None, "norm(u + v)**2 <= (1 + c)*norm(u)**2 + 1/c*norm(v)**2"),
         (None, "norm(u + v)**2 <= (1 + 0.95*c)*norm(u)**2 + (1 + 1/c)*norm(v)**2")),
    step("two vectors", (), "norm(u + v)**2 <= 2*norm(u)**2 + 2*norm(v)**2",
         (None, "norm(u + v)**2 <= 1.9*norm(u)**2 + 1.9*norm(v)**2")),
    step("three vectors", (), "norm(u + v + w)**2 <= 3*norm(u)**2 + 3*norm(v)**2 + 3*norm(w)**2",
         (None, "norm(u + v + w)**2 <= 2.85*norm(u)**2 + 2.85*norm(v)**2 + 2.85*norm(w)**2")),
    step("Jensen for a square", (), "norm(theta*u + (1 - theta)*v)**2 <= theta*norm(u)**2 + (1 - theta)*norm(v)**2",
         (None, "norm(theta*u + (1 - theta)*v)**2 <= 0.95*theta*norm(u)**2 + (1 - theta)*norm(v)**2")),
    step("Cauchy-Schwarz", (), "dot(u, v) <= norm(u)*norm(v)",
         (None, "dot(u, v) <= 0.95*norm(u)*norm(v)"), (None, "norm(u)*norm(v) <= dot(u, v)")),
    step("triangle", (), "norm(u + v) <= norm(u) + norm(v)", (None, "norm(u + v) <= norm(u) + 0.95*norm(v)")),
    step("reverse triangle", (), "norm(u) - norm(v) <= norm(u - v)", (None, "norm(u) - 0.9*norm(v) <= norm(u - v)")),
    step("momentum is an average", ("m_next == beta*m + (1 - beta)*u", "norm(m) <= G", "norm(u) <= G"),
         "norm(m_next) <= G", (("m_next == beta*m + (1 - beta)*u", "norm(m) <= G"), "norm(m_next) <= G"),
         (None, "norm(m_next) <= 0.95*G")),
    # smooth functions
    step("descent lemma", ("smooth(L)",), "f(y) <= f(x) + dot(grad(x), y - x) + L/2*norm(y - x)**2",
         (None, "f(y) <= f(x) + dot(grad(x), y - x) + 0.95*L/2*norm(y - x)**2"),
         ((), "f(y) <= f(x) + dot(grad(x), y - x) + L/2*norm(y - x)**2")),
    step("lower bound of smoothness", ("smooth(L)",), "f(x) + dot(grad(x), y - x) - L/2*norm(y - x)**2 <= f(y)",
         (None, "f(x) + dot(grad(x), y - x) - 0.95*L/2*norm(y - x)**2 <= f(y)")),
    step("gradient step", ("smooth(L)", GD, "alpha <= 1/L"), "f(x_next) <= f(x) - alpha/2*norm(grad(x))**2",
         (None, "f(x_next) <= f(x) - alpha/1.9*norm(grad(x))**2"),
         (("smooth(L)", GD), "f(x_next) <= f(x) - alpha/2*norm(grad(x))**2"),
         (("smooth(L)", "x_next == x + alpha*grad(x)", "alpha <= 1/L"),
          "f(x_next) <= f(x) - alpha/2*norm(grad(x))**2")),
    step("gradient step of any size", ("smooth(L)", GD), "f(x_next) <= f(x) - alpha*(1 - L*alpha/2)*norm(grad(x))**2",
         (None, "f(x_next) <= f(x) - alpha*(1 - 0.95*L*alpha/2)*norm(grad(x))**2")),
    step("step 1/L", ("smooth(L)", "x_next == x - grad(x)/L"), "f(x_next) <= f(x) - 1/(2*L)*norm(grad(x))**2",
         (None, "f(x_next) <= f(x) - 1/(1.9*L)*norm(grad(x))**2")),
    step("gradients from gaps", ("smooth(L)",), "norm(grad(x))**2 <= 2*L*(f(x) - f_star)",
         (None, "norm(grad(x))**2 <= 1.9*L*(f(x) - f_star)")),
    step("gap from distance", ("smooth(L)",), "f(x) - f(x_star) <= L/2*norm(x - x_star)**2",
         (None, "f(x) - f(x_star) <= 0.95*L/2*norm(x - x_star)**2")),
    step("inexact gradient step", ("smooth(L)", INEXACT, "norm(e) <= delta", "alpha <= 1/L"),
         "f(x_next) <= f(x) - alpha/2*norm(grad(x))**2 + alpha/2*delta**2",
         (("smooth(L)", INEXACT, "alpha <= 1/L"),
          "f(x_next) <= f(x) - alpha/2*norm(grad(x))**2 + alpha/2*delta**2"),
         (None, "f(x_next) <= f(x) - alpha/2*norm(grad(x))**2 + 0.9*alpha/2*delta**2")),
    step("two gradient steps", ("smooth(L)", GD, "x_2 == x_next - alpha*grad(x_next)", "alpha <= 1/L"),
         "f(x_2) <= f(x) - alpha/2*norm(grad(x))**2 - alpha/2*norm(grad(x_next))**2",
         (("smooth(L)", GD, "x_2 == x_next - alpha*grad(x_next)"),
          "f(x_2) <= f(x) - alpha/2*norm(grad(x))**2 - alpha/2*norm(grad(x_next))**2")),
    # convex functions
    step("first-order convexity", ("convex",), "f(x) - f(x_star) <= dot(grad(x), x - x_star)",
         (None, "f(x) - f(x_star) <= 0.9*dot(grad(x), x - x_star)"),
         ((), "f(x) - f(x_star) <= dot(grad(x), x - x_star)")),
    step("Jensen for two points", ("convex", "z == theta*x + (1 - theta)*y"), "f(z) <= theta*f(x) + (1 - theta)*f(y)",
         (("z == theta*x + (1 - theta)*y",), "f(z) <= theta*f(x) + (1 - theta)*f(y)")),
    step("monotone gradient", ("convex",), "dot(grad(x) - grad(y), x - y) >= 0",
         (("smooth(L)",), "dot(grad(x) - grad(y), x - y) >= 0")),
    step("cocoercive gradient", ("convex", "smooth(L)"),
         "norm(grad(x) - grad(y))**2 <= L*dot(grad(x) - grad(y), x - y)",
         (("smooth(L)",), "norm(grad(x) - grad(y))**2 <= L*dot(grad(x) - grad(y), x - y)"),
         (None, "norm(grad(x) - grad(y))**2 <= 0.95*L*dot(grad(x) - grad(y), x - y)")),
    step("no expansion", ("convex", "smooth(L)", GD, "alpha <= 2/L"), "norm(x_next - x_star) <= norm(x - x_star)",
         (("convex", "smooth(L)", GD), "norm(x_next - x_star) <= norm(x - x_star)"),
         (None, "norm(x_next - x_star) <= 0.95*norm(x - x_star)")),
    step("one step for convex functions", ("convex", "smooth(L)", GD, "alpha <= 1/L"),
         "2*alpha*(f(x_next) - f(x_star)) <= norm(x - x_star)**2 - norm(x_next - x_star)**2",
         (("convex", "smooth(L)", GD),
          "2*alpha*(f(x_next) - f(x_star)) <= norm(x - x_star)**2 - norm(x_next - x_star)**2")),
    step("subgradient step", ("convex", "lipschitz(G)", GD),
         "norm(x_next - x_star)**2 <= norm(x - x_star)**2 - 2*alpha*(f(x) - f(x_star)) + alpha**2*G**2",
         (("convex", GD),
          "norm(x_next - x_star)**2 <= norm(x - x_star)**2 - 2*alpha*(f(x) - f(x_star)) + alpha**2*G**2"),
         (None, "norm(x_next - x_star)**2 <= norm(x - x_star)**2 - 2*alpha*(f(x) - f(x_star)) + 0.9*alpha**2*G**2")),
    step("proximal step", ("convex", "x_next == x - alpha*grad(x_next)"),
         "2*alpha*(f(x_next) - f(z)) <= norm(x - z)**2 - norm(x_next - z)**2 - norm(x_next - x)**2",
         (None, "2*alpha*(f(x_next) - f(z)) <= norm(x - z)**2 - 1.05*norm(x_next - z)**2 - norm(x_next - x)**2")),
    # strongly convex functions
    step("strong monotonicity", ("strongly_convex(mu)",), "mu*norm(x - y)**2 <= dot(grad(x) - grad(y), x - y)",
         (("convex",), "mu*norm(x - y)**2 <= dot(grad(x) - grad(y), x - y)"),
         (None, "1.05*mu*norm(x - y)**2 <= dot(grad(x) - grad(y), x - y)")),
    step("gradient domination", ("strongly_convex(mu)",), "f(x) - f(x_star) <= 1/(2*mu)*norm(grad(x))**2",
         (None, "f(x) - f(x_star) <= 0.95/(2*mu)*norm(grad(x))**2"),
         (("convex",), "f(x) - f(x_star) <= 1/(2*mu)*norm(grad(x))**2")),
    step("quadratic growth", ("strongly_convex(mu)",), "mu/2*norm(x - x_star)**2 <= f(x) - f(x_star)",
         (None, "1.05*mu/2*norm(x - x_star)**2 <= f(x) - f(x_star)")),
    step("cocoercive and monotone", STRONG,
         "mu*L/(mu + L)*norm(x - y)**2 + 1/(mu + L)*norm(grad(x) - grad(y))**2 <= dot(grad(x) - grad(y), x - y)",
         (None, "mu*L/(mu + L)*norm(x - y)**2 + 1.05/(mu + L)*norm(grad(x) - grad(y))**2 <= "
          "dot(grad(x) - grad(y), x - y)")),
    step("contraction", (*STRONG, GD, "alpha <= 2/(L + mu)"),
         "norm(x_next - x_star) <= (1 - alpha*mu)*norm(x - x_star)",
         ((*STRONG, GD), "norm(x_next - x_star) <= (1 - alpha*mu)*norm(x - x_star)"),
         (None, "norm(x_next - x_star) <= (1 - 1.05*alpha*mu)*norm(x - x_star)")),
    step("best step", (*STRONG, "x_next == x - 2/(L + mu)*grad(x)"),
         "norm(x_next - x_star)**2 <= ((L - mu)/(L + mu))**2*norm(x - x_star)**2",
         (None, "norm(x_next - x_star)**2 <= 0.95*((L - mu)/(L + mu))**2*norm(x - x_star)**2")),
    step("linear rate of values", ("polyak_lojasiewicz(mu)", "smooth(L)", GD, "alpha <= 1/L"),
         "f(x_next) - f_star <= (1 - alpha*mu)*(f(x) - f_star)",
         (("smooth(L)", GD, "alpha <= 1/L"), "f(x_next) - f_star <= (1 - alpha*mu)*(f(x) - f_star)")),
    # expectations
    step("second moment", ORACLE, "E(norm(g)**2) <= norm(grad(x))**2 + sigma**2",
         (ORACLE[1:], "E(norm(g)**2) <= norm(grad(x))**2 + sigma**2"),
         (None, "E(norm(g)**2) <= norm(grad(x))**2 + 0.95*sigma**2")),
    step("variance", (), "E(norm(g - E(g))**2) == E(norm(g)**2) - norm(E(g))**2",
         (None, "E(norm(g - E(g))**2) == E(norm(g)**2) + norm(E(g))**2")),
    step("stochastic descent", ("smooth(L)", *ORACLE, SGD),
         "E(f(X_next)) <= f(x) - alpha*(1 - L*alpha/2)*norm(grad(x))**2 + L*alpha**2*sigma**2/2",
         (("smooth(L)", ORACLE[1], SGD),
          "E(f(X_next)) <= f(x) - alpha*(1 - L*alpha/2)*norm(grad(x))**2 + L*alpha**2*sigma**2/2"),
         (None, "E(f(X_next)) <= f(x) - alpha*(1 - L*alpha/2)*norm(grad(x))**2 + 0.95*L*alpha**2*sigma**2/2")),
    step("stochastic contraction", (*STRONG, *ORACLE, SGD, "alpha <= 1/L"),
         "E(norm(X_next - x_star)**2) <= (1 - alpha*mu)*norm(x - x_star)**2 + alpha**2*sigma**2",
         ((*STRONG, *ORACLE, SGD),
          "E(norm(X_next - x_star)**2) <= (1 - alpha*mu)*norm(x - x_star)**2 + alpha**2*sigma**2"),
         ((*STRONG, ORACLE[1], SGD, "alpha <= 1/L"),
          "E(norm(X_next - x_star)**2) <= (1 - alpha*mu)*norm(x - x_star)**2 + alpha**2*sigma**2"),
         (None, "E(norm(X_next - x_star)**2) <= (1 - alpha*mu)*norm(x - x_star)**2 + 0.95*alpha**2*sigma**2")),
    step("stochastic convex step", ("convex", "E(g) == grad(x)", "E(norm(g)**2) <= G**2", SGD),
         "E(norm(X_next - x_star)**2) <= norm(x - x_star)**2 - 2*alpha*(f(x) - f(x_star)) + alpha**2*G**2",
         (("E(g) == grad(x)", "E(norm(g)**2) <= G**2", SGD),
          "E(norm(X_next - x_star)**2) <= norm(x - x_star)**2 - 2*alpha*(f(x) - f(x_star)) + alpha**2*G**2")),
    step("Jensen for expectations", ("convex",), "f(E(X)) <= E(f(X))", ((), "f(E(X)) <= E(f(X))")),
    step("norm of a mean", (), "norm(E(g)) <= E(norm(g))", (None, "E(norm(g)) <= norm(E(g))")),
)  # fmt: skip

FURTHER = (
    step(
        "three-point lemma",
        ("convex", "x_next == x - alpha*grad(x_next)"),
        "alpha*f(x_next) + norm(x_next - x)**2/2 <= alpha*f(z) + norm(z - x)**2/2 - norm(z - x_next)**2/2",
        (None, "alpha*f(x_next) + norm(x_next - x)**2/2 <= alpha*f(z) + norm(z - x)**2/2 - 1.05*norm(z - x_next)**2/2"),
        (
            ("x_next == x - alpha*grad(x_next)",),
            "alpha*f(x_next) + norm(x_next - x)**2/2 <= alpha*f(z) + norm(z - x)**2/2 - norm(z - x_next)**2/2",
        ),
    ),
    step(
        "mirror step",
        ("x_next == x - alpha*u",),
        "alpha*dot(u, x - z) == norm(x - z)**2/2 - norm(x_next - z)**2/2 + alpha**2*norm(u)**2/2",
        (None, "alpha*dot(u, x - z) <= norm(x - z)**2/2 - norm(x_next - z)**2/2 + 0.95*alpha**2*norm(u)**2/2"),
        (None, "alpha*dot(u, z - x) <= norm(x - z)**2/2 - norm(x_next - z)**2/2 + alpha**2*norm(u)**2/2"),
    ),
    step(
        "lazy mirror",
        ("x_next == x - alpha*u",),
        "alpha*dot(u, x_next - z) == norm(x - z)**2/2 - norm(x_next - z)**2/2 - norm(x_next - x)**2/2",
        (None, "alpha*dot(u, x_next - z) <= norm(x - z)**2/2 - norm(x_next - z)**2/2 - 1.05*norm(x_next - x)**2/2"),
    ),
    step(
        "extragradient",
        ("convex", "smooth(L)", "y == x - alpha*grad(x)", "x_next == x - alpha*grad(y)", "alpha <= 1/L"),
        "norm(x_next - x_star)**2 <= norm(x - x_star)**2 - (1 - alpha**2*L**2)*norm(x - y)**2",
        (
            ("convex", "smooth(L)", "y == x - alpha*grad(x)", "x_next == x - alpha*grad(y)"),
            "norm(x_next - x_star)**2 <= norm(x - x_star)**2",
        ),
    ),
    step(
        "past gradient",
        ("smooth(L)", "x_next == x - alpha*grad(y)"),
        "f(x_next) <= f(x) - alpha*dot(grad(x), grad(y)) + L*alpha**2/2*norm(grad(y))**2",
        (None, "f(x_next) <= f(x) - alpha*dot(grad(x), grad(y)) + 0.95*L*alpha**2/2*norm(grad(y))**2"),
    ),
    step(
        "heavy ball energy",
        ("smooth(L)", "x_next == x - alpha*grad(x) + beta*(x - y)", "alpha <= (1 - beta)/L"),
        "f(x_next) + (1 - beta)/(2*alpha)*norm(x_next - x)**2 <= f(x) + beta/(2*alpha)*norm(x - y)**2",
        (None, "f(x_next) + (1 - beta)/(2*alpha)*norm(x_next - x)**2 <= f(x) + 0.45*beta/(2*alpha)*norm(x - y)**2"),
        (
            ("smooth(L)", "x_next == x - alpha*grad(x) + beta*(x - y)"),
            "f(x_next) + (1 - beta)/(2*alpha)*norm(x_next - x)**2 <= f(x) + beta/(2*alpha)*norm(x - y)**2",
        ),
    ),
    step(
        "prox gradient descent",
        ("smooth(L)", "x_next == x - alpha*(grad(x) + u)", "alpha <= 1/L", "q >= p + dot(u, x - x_next)"),
        "f(x_next) + p <= f(x) + q - norm(x_next - x)**2/(2*alpha)",
        (None, "f(x_next) + p <= f(x) + q - 1.05*norm(x_next - x)**2/(2*alpha)"),
        (
            ("smooth(L)", "x_next == x - alpha*(grad(x) + u)", "alpha <= 1/L"),
            "f(x_next) + p <= f(x) + q - norm(x_next - x)**2/(2*alpha)",
        ),
    ),
    step(
        "SVRG variance",
        (),
        "E(norm(g - E(g))**2) <= E(norm(g)**2)",
        (None, "E(norm(g - E(g))**2) <= 0.95*E(norm(g)**2)"),
    ),
    step(
        "variance of two",
        ("E(g) == u", "E(h) == u"),
        "E(norm(g - h)**2) <= 2*E(norm(g - u)**2) + 2*E(norm(h - u)**2)",
        (None, "E(norm(g - h)**2) <= 1.9*E(norm(g - u)**2) + 1.9*E(norm(h - u)**2)"),
    ),
    step(
        "growth condition",
        (
            "smooth(L)",
            "E(g) == grad(x)",
            "E(norm(g)**2) <= rho*norm(grad(x))**2",
            "X_next == x - alpha*g",
            "alpha*L*rho <= 1",
        ),
        "E(f(X_next)) <= f(x) - alpha/2*norm(grad(x))**2",
        (None, "E(f(X_next)) <= f(x) - 1.05*alpha/2*norm(grad(x))**2"),
        (
            ("smooth(L)", "E(norm(g)**2) <= rho*norm(grad(x))**2", "X_next == x - alpha*g", "alpha*L*rho <= 1"),
            "E(f(X_next)) <= f(x) - alpha/2*norm(grad(x))**2",
        ),
    ),
    step(
        "ABC condition",
        (
            "convex",
            "E(g) == grad(x)",
            "E(norm(g)**2) <= 2*a*(f(x) - f(x_star)) + sigma**2",
            "X_next == x - alpha*g",
            "alpha*a <= 1/2",
        ),
        "E(norm(X_next - x_star)**2) <= norm(x - x_star)**2 - alpha*(f(x) - f(x_star)) + alpha**2*sigma**2",
        (
            None,
            "E(norm(X_next - x_star)**2) <= norm(x - x_star)**2 - 1.05*alpha*(f(x) - f(x_star)) + alpha**2*sigma**2",
        ),
        (
            (
                "E(g) == grad(x)",
                "E(norm(g)**2) <= 2*a*(f(x) - f(x_star)) + sigma**2",
                "X_next == x - alpha*g",
                "alpha*a <= 1/2",
            ),
            "E(norm(X_next - x_star)**2) <= norm(x - x_star)**2 - alpha*(f(x) - f(x_star)) + alpha**2*sigma**2",
        ),
    ),
    step(
        "Polyak step",
        ("convex", "x_next == x - alpha*grad(x)", "alpha*norm(grad(x))**2 <= f(x) - f(x_star)"),
        "norm(x_next - x_star)**2 <= norm(x - x_star)**2 - alpha*(f(x) - f(x_star))",
        (None, "norm(x_next - x_star)**2 <= norm(x - x_star)**2 - 1.05*alpha*(f(x) - f(x_star))"),
        (
            ("convex", "x_next == x - alpha*grad(x)"),
            "norm(x_next - x_star)**2 <= norm(x - x_star)**2 - alpha*(f(x) - f(x_star))",
        ),
    ),
    step(
        "error bound",
        ("strongly_convex(mu)",),
        "mu*norm(x - x_star) <= norm(grad(x))",
        (None, "1.05*mu*norm(x - x_star) <= norm(grad(x))"),
        (("convex",), "mu*norm(x - x_star) <= norm(grad(x))"),
    ),
    step(
        "gap by gradient and distance",
        ("convex",),
        "f(x) - f(x_star) <= norm(grad(x))*norm(x - x_star)",
        (None, "f(x) - f(x_star) <= 0.95*norm(grad(x))*norm(x - x_star)"),
        ((), "f(x) - f(x_star) <= norm(grad(x))*norm(x - x_star)"),
    ),
    step(
        "gradient norm bound",
        ("smooth(L)",),
        "norm(grad(x)) <= L*norm(x - x_star)",
        (None, "norm(grad(x)) <= 0.95*L*norm(x - x_star)"),
        (("convex",), "norm(grad(x)) <= L*norm(x - x_star)"),
    ),
    step(
        "restricted secant",
        ("strongly_convex(mu)", "smooth(L)", "x_next == x - alpha*grad(x)", "alpha <= 1/L"),
        "norm(x_next - x_star)**2 <= (1 - alpha*mu)*norm(x - x_star)**2 - 2*alpha*(1 - alpha*L)*(f(x) - f(x_star))",
        (
            None,
            "norm(x_next - x_star)**2 <= (1 - 1.05*alpha*mu)*norm(x - x_star)**2 "
            "- 2*alpha*(1 - alpha*L)*(f(x) - f(x_star))",
        ),
        (
            ("convex", "smooth(L)", "x_next == x - alpha*grad(x)", "alpha <= 1/L"),
            "norm(x_next - x_star)**2 <= (1 - alpha*mu)*norm(x - x_star)**2 - 2*alpha*(1 - alpha*L)*(f(x) - f(x_star))",
        ),
    ),
    step(
        "gradient norms decrease",
        ("convex", "smooth(L)", "x_next == x - alpha*grad(x)", "alpha <= 2/L"),
        "norm(grad(x_next)) <= norm(grad(x))",
        (None, "norm(grad(x_next)) <= 0.95*norm(grad(x))"),
        (("smooth(L)", "x_next == x - alpha*grad(x)", "alpha <= 2/L"), "norm(grad(x_next)) <= norm(grad(x))"),
    ),
    step(
        "averaging",
        ("z == (x + y)/2", "convex"),
        "f(z) <= (f(x) + f(y))/2",
        (("z == (x + y)/2", "smooth(L)"), "f(z) <= (f(x) + f(y))/2"),
        (None, "f(z) <= (f(x) + f(y))/2 - norm(x-y)**2/100"),
    ),
    step(
        "strongly convex mean",
        ("z == theta*x + (1 - theta)*y", "strongly_convex(mu)"),
        "f(z) <= theta*f(x) + (1 - theta)*f(y) - mu/2*theta*(1 - theta)*norm(x - y)**2",
        (None, "f(z) <= theta*f(x) + (1 - theta)*f(y) - 1.05*mu/2*theta*(1 - theta)*norm(x - y)**2"),
        (
            ("z == theta*x + (1 - theta)*y", "convex"),
            "f(z) <= theta*f(x) + (1 - theta)*f(y) - mu/2*theta*(1 - theta)*norm(x - y)**2",
        ),
    ),
    step(
        "smooth mean",
        ("z == theta*x + (1 - theta)*y", "smooth(L)"),
        "theta*f(x) + (1 - theta)*f(y) - L/2*theta*(1 - theta)*norm(x - y)**2 <= f(z)",
        (None, "theta*f(x) + (1 - theta)*f(y) - 0.95*L/2*theta*(1 - theta)*norm(x - y)**2 <= f(z)"),
    ),
    step(
        "Nesterov estimate step",
        ("convex", "smooth(L)", "z == x - grad(x)/L"),
        "f(z) - f(u) <= dot(grad(x), x - u) - norm(grad(x))**2/(2*L)",
        (None, "f(z) - f(u) <= dot(grad(x), x - u) - 1.05*norm(grad(x))**2/(2*L)"),
        (("smooth(L)", "z == x - grad(x)/L"), "f(z) - f(u) <= dot(grad(x), x - u) - norm(grad(x))**2/(2*L)"),
    ),
    step(
        "normalised momentum error",
        ("m_next == beta*m + (1 - beta)*grad(y)", "smooth(L)", "norm(y - x) <= gamma"),
        "norm(m_next - grad(y)) <= beta*norm(m - grad(x)) + beta*L*gamma",
        (None, "norm(m_next - grad(y)) <= beta*norm(m - grad(x)) + 0.95*beta*L*gamma"),
        (
            ("m_next == beta*m + (1 - beta)*grad(y)", "norm(y - x) <= gamma"),
            "norm(m_next - grad(y)) <= beta*norm(m - grad(x)) + beta*L*gamma",
        ),
    ),
    step(
        "inexact monotone",
        ("strongly_convex(mu)", "norm(e) <= delta"),
        "dot(grad(x) + e, x - x_star) >= mu*norm(x - x_star)**2 - delta*norm(x - x_star)",
        (None, "dot(grad(x) + e, x - x_star) >= 1.05*mu*norm(x - x_star)**2 - delta*norm(x - x_star)"),
        (("strongly_convex(mu)",), "dot(grad(x) + e, x - x_star) >= mu*norm(x - x_star)**2 - delta*norm(x - x_star)"),
    ),
    step(
        "biased gradient",
        ("smooth(L)", "x_next == x - alpha*u", "alpha <= 1/L"),
        "f(x_next) <= f(x) - alpha/2*norm(grad(x))**2 + alpha/2*norm(u - grad(x))**2",
        (None, "f(x_next) <= f(x) - alpha/2*norm(grad(x))**2 + 0.95*alpha/2*norm(u - grad(x))**2"),
        (
            ("smooth(L)", "x_next == x - alpha*u"),
            "f(x_next) <= f(x) - alpha/2*norm(grad(x))**2 + alpha/2*norm(u - grad(x))**2",
        ),
    ),
    step(
        "cubic sum",
        ("norm(u) <= G", "norm(v) <= G"),
        "norm(u - v) <= 2*G",
        (None, "norm(u - v) <= 1.9*G"),
        (("norm(u) <= G",), "norm(u - v) <= 2*G"),
    ),
    step(
        "compressed gradient",
        ("E(g) == grad(x)", "E(norm(g - grad(x))**2) <= rho*norm(grad(x))**2"),
        "E(norm(g)**2) <= (1 + rho)*norm(grad(x))**2",
        (None, "E(norm(g)**2) <= (1 + 0.95*rho)*norm(grad(x))**2"),
        (("E(norm(g - grad(x))**2) <= rho*norm(grad(x))**2",), "E(norm(g)**2) <= (1 + rho)*norm(grad(x))**2"),
    ),
    step(
        "STORM",
        ("E(g) == u", "E(h) == v"),
        "E(norm(g - h - (u - v))**2) <= E(norm(g - h)**2)",
        (None, "E(norm(g - h - (u - v))**2) <= 0.95*E(norm(g - h)**2)"),
    ),
    step(
        "strict descent",
        ("smooth(L)", "x_next == x - alpha*grad(x)", "alpha < 2/L", "norm(grad(x)) > 0"),
        "f(x_next) < f(x)",
        (("smooth(L)", "x_next == x - alpha*grad(x)", "alpha < 2/L"), "f(x_next) < f(x)"),
        (("smooth(L)", "x_next == x - alpha*grad(x)", "alpha <= 2/L", "norm(grad(x)) > 0"), "f(x_next) < f(x)"),
    ),
    step(
        "strict contraction",
        ("strongly_convex(mu)", "smooth(L)", "x_next == x - alpha*grad(x)", "alpha < 2/L", "norm(x - x_star) > 0"),
        "norm(x_next - x_star) < norm(x - x_star)",
        (
            ("convex", "smooth(L)", "x_next == x - alpha*grad(x)", "alpha < 2/L", "norm(x - x_star) > 0"),
            "norm(x_next - x_star) < norm(x - x_star)",
        ),
        (
            ("strongly_convex(mu)", "smooth(L)", "x_next == x - alpha*grad(x)", "alpha < 2/L"),
            "norm(x_next - x_star) < norm(x - x_star)",
        ),
    ),
    step(
        "strict descent direction",
        ("norm(u - grad(x)) < norm(grad(x))",),
        "dot(u, grad(x)) > 0",
        (("norm(u - grad(x)) <= norm(grad(x))",), "dot(u, grad(x)) > 0"),
    ),
    step(
        "strict Young",
        ("norm(u) > 0",),
        "-norm(v)**2 - norm(u)**2 < 2*dot(u, v) + norm(u)**2",
        ((), "-norm(v)**2 - norm(u)**2 < 2*dot(u, v) + norm(u)**2"),
    ),
    step(
        "strict second moment",
        ("E(g) == grad(x)", "E(norm(g - grad(x))**2) < sigma**2"),
        "E(norm(g)**2) < norm(grad(x))**2 + sigma**2",
        (("E(g) == grad(x)", "E(norm(g - grad(x))**2) <= sigma**2"), "E(norm(g)**2) < norm(grad(x))**2 + sigma**2"),
    ),
    step(
        "strict noisy descent",
        (
            "smooth(L)",
            "E(g) == grad(x)",
            "E(norm(g-grad(x))**2) <= sigma**2",
            "X_next == x - alpha*g",
            "alpha <= 1/L",
            "alpha*L*sigma**2 < norm(grad(x))**2",
        ),
        "E(f(X_next)) < f(x)",
        (
            (
                "smooth(L)",
                "E(g) == grad(x)",
                "E(norm(g-grad(x))**2) <= sigma**2",
                "X_next == x - alpha*g",
                "alpha <= 1/L",
            ),
            "E(f(X_next)) < f(x)",
        ),
    ),
    step(
        "strict gap",
        ("strongly_convex(mu)", "norm(x - x_star) > 0"),
        "f(x_star) < f(x)",
        (("convex", "norm(x - x_star) > 0"), "f(x_star) < f(x)"),
    ),
    step(
        "slack",
        (),
        "2*dot(u, v) < norm(u)**2 + norm(v)**2 + eps",
        (None, "2.1*dot(u, v) < norm(u)**2 + norm(v)**2 + eps"),
        ((), "2*dot(u, v) < norm(u)**2 + norm(v)**2"),
    ),
)

STEPS = (*PLAIN, *FURTHER)

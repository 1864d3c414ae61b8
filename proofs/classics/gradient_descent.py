"""Gradient descent on smooth functions: worst cases that are known exactly, and what fails."""

from proofs.classics.known import false, theme, true

CONVEX = ["convex", "smooth(L)", "initial_distance(D)"]
STRONG = ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)", "mu <= L"]
NONCONVEX = ["smooth(L)", "bounded_below", "initial_gap(Delta)"]
UNIT = {"method": "gradient_descent", "parameters": {"alpha": "1/L"}}
OPTIMAL = {"method": "gradient_descent", "parameters": {"alpha": "2/(L + mu)"}}
DROPPED = ("convex", "smooth(L)", "initial_distance(D)")

KNOWN = (
    true(
        "gd-gap-exact", "Drori & Teboulle (2014), Theorem 3.1",
        "with step 1/L the gap is at most L D^2/(4k + 2), and a Huber function attains it",
        given=CONVEX, **UNIT, measure="gap", bound="L*D**2/(4*k + 2)", sharp=("constant", "exponent", *DROPPED),
    ),
    true(
        "gd-gap-textbook", "Nesterov (2004), Corollary 2.1.2, in Beck's form (2017), Theorem 10.21",
        "with step 1/L the gap is at most L D^2/(2k)",
        given=CONVEX, **UNIT, measure="gap", bound="L*D**2/(2*k)", sharp=("exponent", *DROPPED),
    ),
    true(
        "gd-gap-rate", "Nesterov (2004), Theorem 2.1.14", "with step 1/L the gap is O(1/k)",
        given=CONVEX, **UNIT, measure="gap", rate="1/k", sharp=("exponent", "convex", "smooth(L)"),
    ),
    true(
        "gd-gradient-norm", "Taylor, Hendrickx & Glineur (2017), Section 4.1",
        "with step 1/L the last gradient is at most L D/(k + 1)",
        given=CONVEX, **UNIT, measure="gradient_norm", bound="L*D/(k + 1)", sharp=("constant", "exponent", *DROPPED),
    ),
    true(
        "gd-gradient-norm-from-gap", "Taylor, Hendrickx & Glineur (2017), Section 4.1; Kim & Fessler (2021)",
        "with step 1/L the squared last gradient is at most 2 L Delta/(2k + 1)",
        given=["convex", "smooth(L)", "initial_gap(Delta)"], **UNIT,
        measure="squared_gradient_norm", bound="2*L*Delta/(2*k + 1)",
        sharp=("constant", "exponent", "smooth(L)", "initial_gap(Delta)"),
    ),
    true(
        "gd-long-step", "Teboulle & Vaisbourd (2023); Rotaru, Glineur & Patrinos (2024)",
        "with step 3/(2L) the gap is at most L D^2/(6k + 2)",
        given=CONVEX, method="gradient_descent", parameters={"alpha": "3/(2*L)"},
        measure="gap", bound="L*D**2/(6*k + 2)", sharp=("constant", "exponent", *DROPPED),
    ),
    true(
        "gd-fejer", "Polyak (1987), Section 1.4", "with step 2/L the distance to a minimiser never grows",
        given=CONVEX, method="gradient_descent", parameters={"alpha": "2/L"},
        measure="distance", bound="D", sharp=("constant", "smooth(L)"),
    ),
    true(
        "gd-contraction-optimal-step", "Polyak (1987), Theorem 1.4.3",
        "with step 2/(L + mu) the distance contracts by (L - mu)/(L + mu) in each step",
        given=STRONG, **OPTIMAL, measure="distance", bound="((L - mu)/(L + mu))**k*D",
        sharp=("constant", "strongly_convex(mu)", "smooth(L)", "initial_distance(D)"),
    ),
    true(
        "gd-contraction", "Nesterov (2004), Theorem 2.1.15", "with step 1/L the distance contracts by 1 - mu/L",
        given=STRONG, **UNIT, measure="distance", bound="(1 - mu/L)**k*D",
        sharp=("constant", "strongly_convex(mu)", "smooth(L)", "initial_distance(D)"),
    ),
    true(
        "gd-contraction-gap", "Taylor, Hendrickx & Glineur (2018)",
        "with step 1/L the gap contracts by (1 - mu/L)^2",
        given=["strongly_convex(mu)", "smooth(L)", "initial_gap(Delta)", "mu <= L"], **UNIT,
        measure="gap", bound="(1 - mu/L)**(2*k)*Delta", sharp=("constant", "strongly_convex(mu)", "smooth(L)"),
    ),
    true(
        "gd-strongly-convex-limit", "Polyak (1987), Theorem 1.4.2", "with step 1/L the iterates converge",
        given=STRONG, **UNIT, measure="distance", limit=0, sharp=("smooth(L)",),
    ),
    true(
        "gd-polyak-lojasiewicz", "Polyak (1963); Karimi, Nutini & Schmidt (2016), Theorem 1",
        "under the Polyak-Lojasiewicz inequality the gap contracts by 1 - mu/L, without convexity",
        given=["polyak_lojasiewicz(mu)", "smooth(L)", "initial_gap(Delta)", "mu <= L"], **UNIT,
        measure="gap", bound="(1 - mu/L)**k*Delta", sharp=("polyak_lojasiewicz(mu)", "smooth(L)"),
    ),
    true(
        "gd-nonconvex-best-gradient", "Nesterov (2004), (1.2.15)",
        "without convexity the least squared gradient so far is at most 2 L Delta/k",
        given=NONCONVEX, **UNIT, measure="best_squared_gradient_norm", bound="2*L*Delta/k", sharp=("smooth(L)",),
    ),
    true(
        "gd-nonconvex-average-gradient", "Nesterov (2004), (1.2.15)",
        "without convexity the mean squared gradient is O(1/k)",
        given=NONCONVEX, **UNIT, measure="average_squared_gradient_norm", rate="1/k", sharp=("smooth(L)",),
    ),
    true(
        "gd-inexact", "Devolder, Glineur & Nesterov (2014); Polyak (1987), Section 4.2",
        "an error delta of the gradient leaves an error delta/mu of the iterate, and no more",
        given=[*STRONG, "gradient_error(delta)"], **UNIT, measure="distance",
        bound="(1 - mu/L)**k*D + (1 - (1 - mu/L)**k)*delta/mu", sharp=("constant",),
    ),
    false(
        "gd-gap-too-small", "against Drori & Teboulle (2014), Theorem 3.2", "the gap is at most L D^2/(4k + 3)",
        given=CONVEX, **UNIT, measure="gap", bound="L*D**2/(4*k + 3)",
    ),
    false(
        "gd-gradient-norm-too-small", "against Taylor, Hendrickx & Glineur (2017), Section 4.1",
        "the last gradient is at most L D/(k + 2)",
        given=CONVEX, **UNIT, measure="gradient_norm", bound="L*D/(k + 2)",
    ),
    false(
        "gd-accelerated-for-free", "against Drori & Teboulle (2014), Theorem 3.2", "with step 1/L the gap is O(1/k^2)",
        given=CONVEX, **UNIT, measure="gap", rate="1/k**2",
    ),
    false(
        "gd-exponent-too-large", "against Drori & Teboulle (2014), Theorem 3.2", "the gap is O(k^(-5/4))",
        given=CONVEX, **UNIT, measure="gap", rate="k**(-5/4)",
    ),
    false(
        "gd-linear-without-strong-convexity", "against Drori & Teboulle (2014), Theorem 3.2",
        "on smooth convex functions the gap is O(0.9^k)",
        given=CONVEX, **UNIT, measure="gap", rate="(9/10)**k",
    ),
    false(
        "gd-step-above-two-over-L", "against Polyak (1987), Section 1.4", "with step 2.1/L the distance never grows",
        given=CONVEX, method="gradient_descent", parameters={"alpha": "21/(10*L)"}, measure="distance", bound="D",
    ),
    false(
        "gd-step-two-over-L", "against Polyak (1987), Section 1.4",
        "with step 2/L the gap tends to 0 (on L x^2/2 the iterates alternate)",
        given=CONVEX, method="gradient_descent", parameters={"alpha": "2/L"}, measure="gap", limit=0,
    ),
    false(
        "gd-contraction-squared", "against Polyak (1987), Theorem 1.4.3",
        "the distance contracts by the squared factor",
        given=STRONG, **OPTIMAL, measure="distance", bound="((L - mu)/(L + mu))**(2*k)*D",
    ),
    false(
        "gd-contraction-accelerated", "against Nesterov (2004), Theorem 2.1.15",
        "with step 1/L the distance contracts by 1 - sqrt(mu/L)",
        given=STRONG, **UNIT, measure="distance", bound="(1 - sqrt(mu/L))**k*D",
    ),
    false(
        "gd-nonconvex-global", "against Nesterov (2004), Section 1.2.3",
        "without convexity the gap tends to 0 (a local minimum is a counterexample)",
        given=NONCONVEX, **UNIT, measure="gap", limit=0,
    ),
    false(
        "gd-without-smoothness", "against Polyak (1987), Section 1.4",
        "on strongly convex functions the step 1/10 always converges",
        given=["strongly_convex(mu)"], method="gradient_descent", parameters={"alpha": "1/10"},
        measure="distance", limit=0,
    ),
    false(
        "gd-inexact-exact", "against Polyak (1987), Section 4.2", "a constant error of the gradient does no harm",
        given=[*STRONG, "gradient_error(delta)"], **UNIT, measure="distance", limit=0,
    ),
)  # fmt: skip

PAPER = theme("Classics: gradient descent", KNOWN)

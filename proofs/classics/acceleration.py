"""Momentum: Nesterov's method and the heavy ball, on convex functions and on quadratics."""

from proofs.classics.known import false, theme, true

CONVEX = ["convex", "smooth(L)", "initial_distance(D)"]
STRONG = ["strongly_convex(mu)", "smooth(L)", "initial_distance(D)", "mu <= L"]
QUADRATIC = ["quadratic", "strongly_convex(mu)", "smooth(L)", "mu < L"]
FACTOR = "((sqrt(L) - sqrt(mu))/(sqrt(L) + sqrt(mu)))"
POLYAK = {"method": "heavy_ball", "parameters": {"alpha": "4/(sqrt(L) + sqrt(mu))**2", "beta": f"{FACTOR}**2"}}
CONSTANT = {
    "method": "nesterov_constant",
    "parameters": {"alpha": "1/L", "beta": "(sqrt(L) - sqrt(mu))/(sqrt(L) + sqrt(mu))"},
}
FISTA = {
    "parameters": {"alpha": "1/L", "beta": "(k - 2)/(k + 1)"},
    "state": {"previous": "theta"},
    "query": "theta + beta*(theta - previous)",
    "update": {"ahead": "theta + beta*(theta - previous) - alpha*g", "previous": "theta", "theta": "ahead"},
}

KNOWN = (
    true(
        "nesterov-gap", "Nesterov (1983); Beck & Teboulle (2009), Theorem 4.4, with t_k = (k + 1)/2",
        "the gap is at most 2 L D^2/(k + 1)^2",
        given=CONVEX, method="fista", measure="gap", bound="2*L*D**2/(k + 1)**2",
        sharp=("constant", "convex", "smooth(L)", "initial_distance(D)"),
    ),
    true(
        "nesterov-rate", "Nesterov (1983); Su, Boyd & Candes (2016)", "with coefficients k/(k+3): O(1/k^2)",
        given=CONVEX, method="nesterov", parameters={"alpha": "1/L"}, measure="gap", rate="1/k**2",
        sharp=("exponent", "convex", "smooth(L)"),
    ),
    true(
        "nesterov-strongly-convex", "Nesterov (2004), Theorem 2.2.3",
        "the gap is at most (1 - sqrt(mu/L))^k (L + mu) D^2/2",
        given=STRONG, **CONSTANT, measure="gap", bound="(1 - sqrt(mu/L))**k*(L + mu)/2*D**2", sharp=("smooth(L)",),
    ),
    true(
        "heavy-ball-quadratics", "Polyak (1964), Theorem 9",
        "on quadratics, with Polyak's parameters: O(k q^k), q = (sqrt(L) - sqrt(mu))/(sqrt(L) + sqrt(mu))",
        given=QUADRATIC, **POLYAK, measure="distance", rate=f"k*{FACTOR}**k",
        sharp=("exponent", "quadratic", "smooth(L)"),
    ),
    true(
        "heavy-ball-stable", "Polyak (1987), Theorem 3.2.1", "on quadratics, step 1/L with momentum 9/10 converges",
        given=QUADRATIC, method="heavy_ball", parameters={"alpha": "1/L", "beta": "9/10"}, measure="distance", limit=0,
        sharp=("smooth(L)",),
    ),
    true(
        "heavy-ball-average", "Ghadimi, Feyzmahdavian & Johansson (2015), Theorem 1",
        "on smooth convex functions the mean of the iterates has a gap O(1/k) for step (1 - beta)/L",
        given=CONVEX, method="heavy_ball", parameters={"alpha": "1/(2*L)", "beta": "1/2"},
        measure="average_iterate_gap", rate="1/k", sharp=("smooth(L)",),
    ),
    true(
        "heavy-ball-bowl", "Polyak (1964), Theorem 9, for mu = 1 and L = 25", "on one bowl: O(k (2/3)^k)",
        problem="bowl", method="heavy_ball", parameters={"alpha": "1/9", "beta": "4/9"},
        measure="distance", rate="k*(2/3)**k", sharp=("exponent",),
    ),
    false(
        "nesterov-too-small", "against the worst cases of Kim & Fessler (2016)", "the gap is at most L D^2/(k + 1)^2",
        given=CONVEX, method="fista", measure="gap", bound="L*D**2/(k + 1)**2",
    ),
    false(
        "nesterov-cubic", "against Nesterov (2004), Theorem 2.1.7", "the gap is O(1/k^3)",
        given=CONVEX, method="nesterov", parameters={"alpha": "1/L"}, measure="gap", rate="1/k**3",
    ),
    false(
        "nesterov-strongly-convex-cubed", "against Nesterov (2004), Theorem 2.1.13",
        "the gap is O((1 - sqrt(mu/L))^(3 k)); on mu x^2/2 it falls by the square of the factor",
        given=[*STRONG, "mu < L"], **CONSTANT, measure="gap", rate="(1 - sqrt(mu/L))**(3*k)",
    ),
    false(
        "heavy-ball-global", "against Lessard, Recht & Packard (2016), Section 4.6",
        "with Polyak's parameters the heavy ball converges on every strongly convex smooth function",
        given=["strongly_convex(1)", "smooth(25)"], method="heavy_ball", parameters={"alpha": "1/9", "beta": "4/9"},
        measure="distance", limit=0,
    ),
    false(
        "heavy-ball-global-rate", "against Lessard, Recht & Packard (2016); Goujaud, Taylor & Dieuleveut (2023)",
        "the rate on quadratics holds for every smooth strongly convex function",
        given=["strongly_convex(mu)", "smooth(L)", "mu < L"], **POLYAK, measure="distance", rate=f"k*{FACTOR}**k",
    ),
    false(
        "heavy-ball-without-k", "against Polyak (1964), Theorem 9",
        "on quadratics O(q^k) without the factor k (the roots at both ends are double)",
        given=QUADRATIC, **POLYAK, measure="distance", rate=f"{FACTOR}**k",
    ),
    false(
        "heavy-ball-too-long", "against Polyak (1987), Theorem 3.2.1",
        "on x^2/2, momentum 9/10 allows the step 39/10 (the limit is 2 (1 + beta)/L = 19/5)",
        problem="parabola", method="heavy_ball", parameters={"alpha": "39/10", "beta": "9/10"},
        measure="distance", limit=0,
    ),
    false(
        "momentum-accelerates-convex", "against Ghadimi, Feyzmahdavian & Johansson (2015)",
        "with fixed momentum 1/2 and step 1/(2L) the gap is O(1/k^2) on smooth convex functions",
        given=CONVEX, method="heavy_ball", parameters={"alpha": "1/(2*L)", "beta": "1/2"}, measure="gap", rate="1/k**2",
    ),
)  # fmt: skip

PAPER = theme(
    "Classics: acceleration",
    KNOWN,
    methods={"fista": FISTA},
    problems={
        "bowl": {"objective": "(x**2 + 25*y**2)/2", "start": [1, 1]},
        "parabola": {"objective": "x**2/2", "start": [1]},
    },
)

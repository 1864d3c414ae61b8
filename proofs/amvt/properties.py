"""Sections 2.2 and 3.3: the assumptions, and Properties 1 to 3."""

from convergence.claims import paper
from proofs.writing import claim, reading

ASSUMED = ["smooth(L)", "bounded_gradients(G)", "bounded_variance(sigma)"]
CONVEX = ["convex", *ASSUMED]
SCHEDULED = {"method": "amvt_algorithm1", "parameters": {"alpha": "alpha_0/sqrt(k)"}}
ONLINE = ["online", "convex", "bounded_gradients(G)"]

PAPER = paper(
    "AMVT, properties",
    symbols={
        "L": {"domain": "positive", "range": ["1/2", 8], "meaning": "smoothness"},
        "G": {"domain": "positive", "range": ["1/2", 8], "meaning": "bound on the root mean square of gradients"},
        "sigma": {"domain": "positive", "range": ["1/4", 2], "meaning": "noise"},
        "D": {"domain": "positive", "range": ["1/2", 4], "meaning": "distance of the start"},
        "Delta": {"domain": "positive", "range": ["1/2", 4], "meaning": "gap of the start"},
        "alpha_0": {"domain": "positive", "range": ["1/100", 1], "meaning": "initial learning rate"},
        "theta": {"domain": "vector"},
        "g_t": {"domain": "random vector", "meaning": "the stochastic gradient"},
    },
    claims=[
        claim(
            "amvt-006-matches-existing", "6 (1)", "1/sqrt(T) is as fast as stochastic gradient descent with noise",
            sequence="1/sqrt(T)", rate="1/sqrt(T)",
            readings=[
                reading("as gradient descent without noise", sequence="1/sqrt(T)", rate="1/T"),
                reading("as Nesterov's method without noise", sequence="1/sqrt(T)", rate="1/T**2"),
            ],
            expects="proved",
        ),
        claim(
            "amvt-012-two-assumptions", "2.2",
            "for unbiased gradients the bounded second moment already bounds the variance, by G^2",
            given=["E(g_t) == grad(theta)", "E(norm(g_t)**2) <= G**2"], holds="E(norm(g_t - grad(theta))**2) <= G**2",
            expects="proved",
        ),
        claim(
            "amvt-013-bounded-gradients-convex", "2.2",
            "bounded gradients are a usual assumption for smooth convex functions",
            empirical="on which set: a smooth convex function on the whole space may have unbounded gradients, as x^2 "
            "has",
            expects="undecided",
        ),
        claim(
            "amvt-014-assumptions-hold", "2.2", "smoothness and bounded gradients hold for the listed networks",
            empirical="a proof for these networks: with ReLU units the gradient is not continuous, and it is not "
            "bounded without bounded weights",
            expects="undecided",
        ),
        claim(
            "amvt-031-convex", "3.3 Property 1", "convex f: the gap of the average iterate is O(1/T)",
            method="amvt_algorithm1", given=CONVEX, measure="average_iterate_gap", rate="1/T",
            readings=[
                reading(
                    "with unbiased gradients and a start at distance D",
                    given=[*CONVEX, "unbiased", "initial_distance(D)"],
                ),
            ],
        ),
        claim(
            "amvt-032-convex-default-rate", "3.3 Property 1; 3.5",
            "convex f, the default constant learning rate: the gap of the average iterate is O(1/sqrt(T))",
            method="amvt_algorithm1", given=[*CONVEX, "unbiased", "initial_distance(D)"],
            measure="average_iterate_gap", rate="1/sqrt(T)",
        ),
        claim(
            "amvt-033-convex-decreasing-rate", "3.3 Property 1; 4.2",
            "convex f, learning rate alpha_0/sqrt(t): the gap of the average iterate is O(1/sqrt(T))",
            **SCHEDULED, given=[*CONVEX, "unbiased", "initial_distance(D)"],
            measure="average_iterate_gap", rate="1/sqrt(T)",
        ),
        claim(
            "amvt-034-nonconvex", "3.3 Property 2", "non-convex f: the least E|grad|^2 is O(1/T)",
            method="amvt_algorithm1", given=ASSUMED, measure="best_squared_gradient_norm", rate="1/T",
            readings=[
                reading(
                    "with unbiased gradients, bounded below, alpha_0/sqrt(t)",
                    **SCHEDULED, given=[*ASSUMED, "unbiased", "initial_gap(Delta)"],
                )
            ],
            expects="diverges",
        ),
        claim(
            "amvt-035-nonconvex-intended", "3.3 Property 2; 5.10; 6",
            "non-convex f: the least E|grad|^2 is O(1/sqrt(T))",
            method="amvt_algorithm1", given=[*ASSUMED, "unbiased", "initial_gap(Delta)"],
            measure="best_squared_gradient_norm", rate="1/sqrt(T)",
            readings=[reading("with alpha_0/sqrt(t), up to a logarithm", **SCHEDULED, rate="log(T + 1)/sqrt(T)")],
            expects="diverges",
        ),
        claim(
            "amvt-036-stationary-point", "3.3 Property 2",
            "the bound on the least gradient ensures convergence to a stationary point",
            method="amvt_algorithm1", given=[*ASSUMED, "unbiased", "initial_gap(Delta)"],
            measure="squared_gradient_norm", limit=0,
            expects="diverges",
        ),
        claim(
            "amvt-037-regret", "3.3 Property 3", "online: regret O(T)",
            method="amvt_algorithm1", given=ONLINE, measure="regret", rate="T",
            readings=[reading("on a bounded domain", given=[*ONLINE, "bounded_domain(D)"])],
        ),
        claim(
            "amvt-038-regret-intended", "3.3 Property 3",
            "online, on a bounded domain, alpha_0/sqrt(t): regret O(sqrt(T))",
            **SCHEDULED, given=[*ONLINE, "bounded_domain(D)"], measure="regret", rate="sqrt(T)",
            expects="refuted",
        ),
        claim(
            "amvt-039-regret-stochastic", "3.3 Property 3",
            "the same with unbiased stochastic losses and default constants",
            method="amvt_algorithm1", given=["convex", "unbiased", "bounded_gradients(G)", "bounded_domain(D)"],
            measure="regret", rate="sqrt(T)",
            expects="undecided",
        ),
        claim(
            "amvt-042-regret-optimal", "3.3 Property 3",
            "regret of the order T is optimal: no method has less, while online gradient descent has the order sqrt(T)",
            sequence="sqrt(T)", same_order="T",
            readings=[reading("regret of the order sqrt(T)", sequence="sqrt(T)", same_order="sqrt(T)")],
            expects="refuted",
        ),
    ],
)  # fmt: skip

"""Sections 4.2 and 4.3: Theorems 1 and 2 and their proof sketches.

Theorem 1 sets the learning rate alpha_t, which Step 6 computes, to alpha/sqrt(t); taken at its word the update is then
``theta - alpha/sqrt(t)*m_hat``. The second reading keeps Step 6 and lets alpha_0 decrease.
"""

from convergence.claims import paper
from proofs.writing import claim, reading

ASSUMED = ["smooth(L)", "bounded_gradients(G)", "bounded_variance(sigma)", "initial_distance(D)"]
CONVEX = ["convex", *ASSUMED]
KEPT = {"method": "amvt_algorithm1", "parameters": {"alpha": "alpha_0/sqrt(k)"}}
PRINTED = "D**2/(2*alpha_0*sqrt(T)) + alpha_0*G**2*sqrt(T)/2"
INTENDED = "D**2/(2*alpha_0*sqrt(T)) + alpha_0*G**2/(2*sqrt(T))"
AVERAGE = "((1 - beta1)*beta1*u + (1 - beta1)*w)/(1 - beta1**2)"

PAPER = paper(
    "AMVT, theorems",
    symbols={
        "L": {"domain": "positive", "range": ["1/2", 8], "meaning": "smoothness"},
        "G": {"domain": "positive", "range": ["1/2", 8], "meaning": "bound on the root mean square of gradients"},
        "sigma": {"domain": "positive", "range": ["1/4", 2], "meaning": "noise"},
        "D": {"domain": "positive", "range": ["1/2", 4], "meaning": "distance of the start"},
        "alpha_0": {"domain": "positive", "range": ["1/10", 4], "meaning": "the alpha of alpha/sqrt(t)"},
        "beta1": {"domain": "unit", "meaning": "decay rate of the first moment"},
        "beta2": {"domain": "unit", "meaning": "decay rate of the second moment"},
        "beta3": {"domain": "unit", "meaning": "decay rate of the variance estimate"},
        "step_size": {"domain": "positive", "meaning": "alpha_t"},
        "theta_t": {"domain": "vector"},
        "theta_next": {"domain": "vector", "meaning": "theta_{t+1}"},
        "theta_star": {"domain": "minimiser"},
        "m_t": {"domain": "vector", "meaning": "the first moment"},
        "m_before": {"domain": "vector", "meaning": "the first moment of the step before"},
        "g_t": {"domain": "random vector", "meaning": "the stochastic gradient"},
        "m_noisy": {"domain": "random vector", "meaning": "the first moment with the stochastic gradient"},
        "moved": {"domain": "random vector", "meaning": "theta_{t+1}"},
        "u": {"domain": "real", "meaning": "one coordinate of a gradient"},
        "w": {"domain": "real", "meaning": "the same coordinate of the next gradient"},
        "gap_1": {"domain": "nonnegative", "meaning": "f - f* at the first step"},
        "gap_2": {"domain": "nonnegative", "meaning": "f - f* at the second step"},
        "squared_1": {"domain": "nonnegative", "meaning": "squared distance after one step"},
        "squared_2": {"domain": "nonnegative", "meaning": "squared distance after two steps"},
    },
    methods={
        "momentum": {
            "state": {"m": 0},
            "update": {"m": "beta1*m + (1 - beta1)*g"},
            "step": "alpha_0/sqrt(t)*m/(1 - beta1**t)",
        },
    },
    claims=[
        claim(
            "amvt-045-theorem-1", "4.2 Theorem 1",
            "the last iterate's gap is at most D^2/(2 a sqrt(T)) + a G^2 sqrt(T)/2",
            method="momentum", given=CONVEX, measure="gap", bound=PRINTED,
            readings=[
                reading("with unbiased gradients", given=[*CONVEX, "unbiased"]),
                reading("Step 6 is kept", **KEPT),
            ],
            proof=["amvt-052-proof-1", "amvt-053-proof-2", "amvt-054-proof-3", "amvt-055-proof-4"],
            expects="refuted",
        ),
        claim(
            "amvt-047-theorem-1-intended", "4.2 Theorem 1",
            "the last iterate's gap is at most D^2/(2 a sqrt(T)) + a G^2/(2 sqrt(T))",
            method="momentum", given=CONVEX, measure="gap", bound=INTENDED,
            readings=[reading("with unbiased gradients", given=[*CONVEX, "unbiased"])],
            expects="refuted",
        ),
        claim(
            "amvt-049-theorem-1-distance", "4.2 Theorem 1",
            "the same bound with D = |theta_0 - theta*|, although Step 6 rescales every coordinate",
            **KEPT, given=[*CONVEX, "unbiased"], measure="gap", bound=INTENDED,
            expects="refuted",
        ),
        claim(
            "amvt-051a-theorem-and-property", "4.2; 3.3 Property 1",
            "the bound of Theorem 1 gives the rate O(1/T) of Property 1",
            sequence=PRINTED, rate="1/T", versus="3.3 Property 1",
            readings=[reading("both as intended", sequence=INTENDED, rate="1/sqrt(T)")],
            expects="inconsistent",
        ),
        claim(
            "amvt-051b-average-iterate", "4.2; 3.3 Property 1",
            "the intended bound holds for the average iterate, which Property 1 is about",
            method="momentum", given=[*CONVEX, "unbiased"], measure="average_iterate_gap", bound=INTENDED,
        ),
        claim(
            "amvt-052-proof-1", "4.2 proof 1",
            "f(theta_t) <= f* + <grad f(theta*), theta_t - theta*> + (L/2)|theta_t - theta*|^2",
            given=["convex", "smooth(L)"],
            holds="f(theta_t) <= f(theta_star) + dot(grad(theta_star), theta_t - theta_star) "
            "+ L/2*norm(theta_t - theta_star)**2",
            expects="proved",
        ),
        claim(
            "amvt-053-proof-2", "4.2 proof 2", "the expansion of |theta_{t+1} - theta*|^2",
            given=["theta_next == theta_t - step_size*m_t"],
            holds="norm(theta_next - theta_star)**2 <= norm(theta_t - theta_star)**2 "
            "- 2*step_size*dot(m_t, theta_t - theta_star) + step_size**2*norm(m_t)**2",
            expects="proved",
        ),
        claim(
            "amvt-054-proof-3", "4.2 proof 3",
            "the corrected first moment is unbiased: after gradients u and w its expectation is w",
            holds=f"{AVERAGE} == w",
            expects="refuted",
        ),
        claim(
            "amvt-055-proof-4", "4.2 proof 4",
            "summing 2 a_t gap_t <= |.|^2 - |.|^2 + a_t^2 G^2 over two steps gives the intended bound for the second "
            "iterate",
            given=[
                "2*alpha_0*gap_1 <= D**2 - squared_1 + alpha_0**2*G**2",
                "2*alpha_0/sqrt(2)*gap_2 <= squared_1 - squared_2 + alpha_0**2/2*G**2",
            ],
            holds="gap_2 <= D**2/(2*alpha_0*sqrt(2)) + alpha_0*G**2/(2*sqrt(2))",
            expects="refuted",
        ),
        claim(
            "amvt-056-theorem-2", "4.3 Theorem 2",
            "the bound of Theorem 1 holds for smooth functions that are not convex",
            method="momentum", given=ASSUMED, measure="gap", bound=PRINTED,
            readings=[
                reading("with the intended bound, unbiased gradients", given=[*ASSUMED, "unbiased"], bound=INTENDED),
            ],
            proof=["amvt-057-proof-1", "amvt-058-proof-2", "amvt-059-proof-3"],
            expects="refuted",
        ),
        claim(
            "amvt-057-proof-1", "4.3 proof 1", "the descent lemma",
            given=["smooth(L)"],
            holds="f(theta_next) <= f(theta_t) + dot(grad(theta_t), theta_next - theta_t) "
            "+ L/2*norm(theta_next - theta_t)**2",
            expects="proved",
        ),
        claim(
            "amvt-058-proof-2", "4.3 proof 2",
            "the update in expectation is a descent direction: E <grad f(theta_t), theta_{t+1} - theta_t> <= 0",
            given=[
                "E(g_t) == grad(theta_t)", "m_noisy == beta1*m_before + (1 - beta1)*g_t",
                "moved == theta_t - step_size*m_noisy",
            ],
            holds="E(dot(grad(theta_t), moved - theta_t)) <= 0",
            readings=[
                reading(
                    "without momentum", given=["E(g_t) == grad(theta_t)", "moved == theta_t - step_size*g_t"],
                    holds="E(dot(grad(theta_t), moved - theta_t)) <= -step_size*norm(grad(theta_t))**2",
                ),
            ],
            expects="refuted",
        ),
        claim(
            "amvt-059-proof-3", "4.3 proof 3", "the bounded variance bounds the term E|g|^2 by sigma^2",
            given=["E(g_t) == grad(theta_t)", "E(norm(g_t - grad(theta_t))**2) <= sigma**2"],
            holds="E(norm(g_t)**2) <= sigma**2",
            readings=[reading("by |grad f|^2 + sigma^2", holds="E(norm(g_t)**2) <= norm(grad(theta_t))**2 + sigma**2")],
            expects="refuted",
        ),
        claim(
            "amvt-060-all-decay-rates", "4.2-4.3", "the guarantee holds for all decay rates in [0, 1)",
            method="amvt_algorithm1",
            parameters={"alpha": "alpha_0/sqrt(k)", "beta1": "beta1", "beta2": "beta2", "beta3": "beta3"},
            given=[*CONVEX, "unbiased"], measure="average_iterate_gap", rate="1/sqrt(T)",
            expects="diverges",
        ),
    ],
)  # fmt: skip

"""Lemma 2.1 and Main Results, "Global Convergence of AMGT".

The lemma is a recursion of Robbins-Monro type; the theorem is about gradients with an error of size c/k, and the
threshold that causes it.
"""

from convergence.claims import paper
from proofs.writing import claim, reading

WHERE = "Global Convergence"
GRADIENT = {"method": "gradient_descent", "parameters": {"alpha": "1/(mu*k)"}}
CLASS = ["strongly_convex(mu)", "gradient_error(c/k)", "bounded_gradients(G)"]
# The paper bounds m_hat; gradients of a strongly convex function are not bounded, those of a smooth one grow linearly.
FOR_SMOOTH = "for smooth f, without a bound on m_hat"
SMOOTH = ["strongly_convex(mu)", "smooth(L)", "gradient_error(c/k)"]
RECURSION = "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2"
INEXACT = ["strongly_convex(mu)", "norm(m_hat - grad(x_k)) <= delta"]
EXPANDED = [
    "d2_next == d2 - 2*a_k*inner + a_k**2*squared_momentum",
    "inner >= mu*d2 - delta*d",
    "d2 == d**2",
    "d <= D",
    "delta <= c/k",
    "squared_momentum <= G**2",
    "a_k == 1/(mu*k)",
    "C1 == 2*c*D/mu",
    "C2 == G**2/mu**2",
]

PAPER = paper(
    "AMGT, Global convergence",
    symbols={
        "mu": {"domain": "positive", "range": ["1/2", 4], "meaning": "strong convexity"},
        "L": {"domain": "positive", "range": ["1/2", 8], "meaning": "the bound on m_hat, called a Lipschitz constant"},
        "G": {"domain": "positive", "range": ["1/2", 8], "meaning": "bound on |m_hat|"},
        "c": {"domain": "positive", "range": ["1/4", 4], "meaning": "the error of m_hat is at most c/k"},
        "C": {"domain": "positive", "range": ["1/4", 4], "meaning": "forcing"},
        "C1": {"domain": "positive", "meaning": "forcing that the error causes"},
        "C2": {"domain": "positive", "meaning": "forcing that the step causes"},
        "D": {"domain": "positive", "range": ["1/2", 4], "meaning": "bound on |x_k - x*|"},
        "a_k": {"domain": "positive", "meaning": "the step size"},
        "d": {"domain": "nonnegative", "meaning": "|x_k - x*|"},
        "d2": {"domain": "nonnegative", "meaning": "|x_k - x*|^2"},
        "d2_next": {"domain": "nonnegative", "meaning": "|x_{k+1} - x*|^2"},
        "delta": {"domain": "nonnegative", "range": ["1/4", 2], "meaning": "the error of m_hat"},
        "inner": {"domain": "real", "meaning": "<m_hat, x_k - x*>"},
        "beta": {"domain": "positive", "range": ["1/4", 3], "meaning": "contraction of Lemma 2.1"},
        "gamma": {"domain": "positive", "range": ["1/4", 4], "meaning": "forcing of Lemma 2.1"},
        "x_k": {"domain": "vector"},
        "x_next": {"domain": "vector", "meaning": "x_{k+1}"},
        "m_hat": {"domain": "vector", "meaning": "the momentum"},
        "x_star": {"domain": "minimiser"},
        "squared_momentum": {"domain": "nonnegative", "meaning": "|m_hat|^2"},
        "e": {"domain": "real", "meaning": "one coordinate of x_k - x*"},
        "x": {"domain": "real"},
        "y": {"domain": "real", "meaning": "the second variable at step k"},
        "z": {"domain": "real", "meaning": "the second variable for which x* is the minimiser"},
        "tau": {"domain": "positive", "range": ["1/20", "1/10"], "meaning": "threshold"},
    },
    methods={
        "zeroing": {"step": "g*min(1, 1 + sign(abs(g) - tau))/(mu*t)"},
        "clipping": {"step": "max(-tau, min(tau, g))/(mu*t)"},
    },
    claims=[
        claim(
            "amgt-108-lemma", "Lemma 2.1", "a sequence that satisfies the recursion tends to 0",
            recursion=RECURSION, limit=0,
            readings=[reading("with nonnegative terms", given=["a[k] >= 0"])],
            expects="refuted",
        ),
        claim(
            "amgt-109-lemma-rate", "Discussion", "the recursion of Lemma 2.1 gives the rate O(1/k) for every beta > 0",
            recursion=RECURSION, given=["a[k] >= 0"], rate="1/k",
            readings=[reading("for beta > 1", given=["a[k] >= 0", "beta > 1"])],
            expects="refuted",
        ),
        claim(
            "amgt-132-threshold-error", WHERE, "thresholding leaves an error of O(1/k) in the momentum",
            empirical="a proof for a stated threshold rule; a rule that sets gradients below tau to zero leaves an "
            "error as large as the gradient",
            expects="undecided",
        ),
        claim(
            "amgt-131-one-minimiser", WHERE,
            "x* does not depend on the second variable: for f = (mu/2)(x - y)^2, minimisers for y and z agree",
            given=["mu*(x - y) == 0", "mu*(e - z) == 0"], holds="x == e",
            expects="refuted",
        ),
        claim(
            "amgt-133-expansion", WHERE, "the expansion of |x_{k+1} - x*|^2",
            given=["x_next == x_k - a_k*m_hat"],
            holds="norm(x_next - x_star)**2 == norm(x_k - x_star)**2 - 2*a_k*dot(m_hat, x_k - x_star) "
            "+ a_k**2*norm(m_hat)**2",
            expects="proved",
        ),
        claim(
            "amgt-134-strong-monotonicity", WHERE,
            "<grad_x f(x_k, y_k), x_k - x*> >= mu |x_k - x*|^2: for f = (mu/2)(x - y)^2, whose minimiser at z is z",
            holds="mu*(x - y)*(x - z) >= mu*(x - z)**2",
            readings=[
                reading(
                    "the second variable is fixed",
                    given=["strongly_convex(mu)"], holds="dot(grad(x_k), x_k - x_star) >= mu*norm(x_k - x_star)**2",
                )
            ],
            expects="refuted",
        ),
        claim(
            "amgt-135a-inexact-monotonicity", WHERE,
            "<m_hat, x_k - x*> >= mu |x_k - x*|^2 - delta |x_k - x*|, by the Cauchy-Schwarz inequality",
            given=INEXACT, holds="dot(m_hat, x_k - x_star) >= mu*norm(x_k - x_star)**2 - delta*norm(x_k - x_star)",
            expects="proved",
        ),
        claim(
            "amgt-135b-inexact-expansion", WHERE,
            "|x_{k+1} - x*|^2 <= (1 - 2 a mu) |x_k - x*|^2 + 2 a delta |x_k - x*| + a^2 |m_hat|^2",
            given=[*INEXACT, "x_next == x_k - a_k*m_hat"],
            holds="norm(x_next - x_star)**2 <= norm(x_k - x_star)**2 - 2*a_k*mu*norm(x_k - x_star)**2 "
            "+ 2*a_k*delta*norm(x_k - x_star) + a_k**2*norm(m_hat)**2",
            expects="proved",
        ),
        claim(
            "amgt-136-momentum-bound", WHERE,
            "|m_hat| <= L with L a Lipschitz constant of f, a function that is strongly convex on the whole space",
            **GRADIENT, given=["strongly_convex(mu)", "lipschitz(L)", "deterministic"], measure="gradient_norm",
            bound="L",
            readings=[
                reading(
                    "L the Lipschitz constant of the gradient",
                    given=["strongly_convex(mu)", "smooth(L)", "deterministic"],
                )
            ],
            expects="ill-posed",
        ),
        claim(
            "amgt-137a-recursion", WHERE,
            "|x_{k+1} - x*|^2 <= (1 - 2k) |x_k - x*|^2 + (C1 + C2)/k^2, which bounds |x_k - x*|^2 by O(1/k^3)",
            **GRADIENT, given=CLASS, measure="squared_distance", rate="1/k**3",
            readings=[reading(FOR_SMOOTH, given=SMOOTH)],
            expects="refuted",
        ),
        claim(
            "amgt-137b-recursion-follows", WHERE,
            "|x_{k+1} - x*|^2 <= (1 - 2/k) |x_k - x*|^2 + (C1 + C2)/k^2 follows from the expansion, with the "
            "constants written out",
            reading="with 2/k for 2k", given=EXPANDED, holds="d2_next <= (1 - 2/k)*d2 + C1/k**2 + C2/k**2",
            expects="proved",
        ),
        claim(
            "amgt-138-simplified-recursion", WHERE,
            "|x_{k+1} - x*|^2 <= (1 - k mu) |x_k - x*|^2 + C/k^2 follows from the recursion before it",
            given=["d2_next <= (1 - 2*k)*d2 + C/k**2"], holds="d2_next <= (1 - k*mu)*d2 + C/k**2",
            readings=[
                reading(
                    "with mu/k for k mu",
                    given=["d2_next <= (1 - 2/k)*d2 + C/k**2"], holds="d2_next <= (1 - mu/k)*d2 + C/k**2",
                ),
                reading(
                    "with mu/k for k mu, and mu <= 2",
                    given=["d2_next <= (1 - 2/k)*d2 + C/k**2", "mu <= 2"], holds="d2_next <= (1 - mu/k)*d2 + C/k**2",
                ),
            ],
            expects="refuted",
        ),
        claim(
            "amgt-139a-lemma-applied", WHERE, "squared distances that satisfy the recursion tend to 0",
            recursion="a[k+1] <= (1 - mu*k)*a[k] + C/k**2", given=["a[k] >= 0"], limit=0,
            readings=[reading("with mu/k for mu k", recursion="a[k+1] <= (1 - mu/k)*a[k] + C/k**2", limit=0)],
            proof=["amgt-108-lemma"],
            expects="proved",
        ),
        claim(
            "amgt-139b-global-convergence", WHERE, "the distance to the minimiser tends to 0",
            **GRADIENT, given=CLASS, measure="distance", limit=0,
            readings=[reading(FOR_SMOOTH, given=SMOOTH)],
            proof=[
                "amgt-132-threshold-error", "amgt-133-expansion", "amgt-134-strong-monotonicity",
                "amgt-135a-inexact-monotonicity", "amgt-135b-inexact-expansion", "amgt-136-momentum-bound",
                "amgt-137a-recursion", "amgt-137b-recursion-follows", "amgt-138-simplified-recursion",
                "amgt-139a-lemma-applied",
            ],
        ),
        claim(
            "amgt-140-global-rate", "Discussion", "the global rate is O(1/k), of the distance",
            **GRADIENT, given=CLASS, measure="distance", rate="1/k",
            readings=[
                reading("of the squared distance", measure="squared_distance"),
                reading(FOR_SMOOTH, given=SMOOTH),
                reading(f"of the squared distance, {FOR_SMOOTH}", measure="squared_distance", given=SMOOTH),
            ],
            proof=["amgt-139b-global-convergence", "amgt-109-lemma-rate"],
        ),
        claim(
            "amgt-141-two-rates", "Discussion", "the rate k^(-mu/2) of the first theorem and the global rate 1/k agree",
            sequence="k**(-mu/2)", same_order="1/k", versus="Main Results: the rate k^(-mu/2)",
            expects="inconsistent",
        ),
        claim(
            "amgt-142a-zeroing-threshold", "Global Convergence; Experimental Setup",
            "with gradients below tau set to zero, tau from 0.05 to 0.1, the distance to the minimiser tends to 0",
            method="zeroing", given=["strongly_convex(mu)", "smooth(L)", "deterministic", "1/20 <= tau <= 1/10"],
            measure="distance", limit=0,
            expects="refuted",
        ),
        claim(
            "amgt-142b-zeroing-threshold-with-momentum", "Global Convergence; Experimental Setup",
            "the same with AMGT's momentum, the threshold being applied to it",
            method="amgt_zero_out", parameters={"alpha": "1/(mu*k)", "tau": "tau"},
            given=["strongly_convex(mu)", "smooth(L)", "deterministic", "1/20 <= tau <= 1/10"],
            measure="distance", limit=0,
            expects="refuted",
        ),
        claim(
            "amgt-143-clipping-threshold", "Global Convergence; Figure 4.4",
            "with gradients clipped to [-tau, tau] the distance is O(k^(-mu/2))",
            method="clipping", given=["strongly_convex(mu)", "smooth(L)", "deterministic", "1/20 <= tau <= 1/10"],
            measure="distance", rate="k**(-mu/2)",
            expects="ill-posed",
        ),
        claim(
            "amgt-212-bounded-errors", "Abstract", "global convergence with gradient errors that are bounded",
            **GRADIENT, given=["strongly_convex(mu)", "gradient_error(delta)", "bounded_gradients(G)"],
            measure="distance", limit=0,
            readings=[
                reading(FOR_SMOOTH, given=["strongly_convex(mu)", "smooth(L)", "gradient_error(delta)"]),
            ],
        ),
    ],
)  # fmt: skip

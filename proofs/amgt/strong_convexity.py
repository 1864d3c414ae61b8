"""Main Results, "Linear convergence of AMGT": strongly convex functions with the step 1/(mu k).

The theorem analyses ``x - a_k m_hat`` with ``m_hat`` taken as the gradient; its claims are audited for that method,
which is
gradient descent with the step 1/(mu k).
"""

from convergence.claims import paper
from proofs.writing import claim, reading

WHERE = "Main Results"
GRADIENT = {"method": "gradient_descent", "parameters": {"alpha": "1/(mu*k)"}}
CLASS = ["strongly_convex(mu)", "smooth(L)", "deterministic"]
RATE = "k**(-mu/2)"
UPDATE = "x_next == x_k - a*grad(x_k)"

PAPER = paper(
    "AMGT, Linear convergence",
    symbols={
        "mu": {"domain": "positive", "range": ["1/2", 4], "meaning": "strong convexity"},
        "L": {"domain": "positive", "range": ["1/2", 8], "meaning": "smoothness"},
        "c": {"domain": "positive", "range": ["1/4", 4], "meaning": "factor by which f is multiplied"},
        "p": {
            "domain": "positive", "range": ["1/2", 6], "meaning": "any power: linear convergence is faster than each",
        },
        "D": {"domain": "positive", "range": ["1/2", 4], "meaning": "distance of the start"},
        "Delta": {"domain": "positive", "range": ["1/2", 4], "meaning": "gap of the start"},
        "sigma": {"domain": "positive", "range": ["1/4", 2], "meaning": "noise"},
        "a": {"domain": "positive", "meaning": "the step size a_k"},
        "d": {"domain": "nonnegative", "meaning": "|x_k - x*|"},
        "d_next": {"domain": "nonnegative", "meaning": "|x_{k+1} - x*|"},
        "x_k": {"domain": "vector"},
        "x_next": {"domain": "vector", "meaning": "x_{k+1}"},
        "x_star": {"domain": "minimiser"},
        "j": {"domain": "integer", "meaning": "the counter where it starts at 0"},
        "i": {"domain": "undefined", "meaning": "an index that is used before it is introduced"},
        "x": {"domain": "nonnegative", "meaning": "mu/i"},
        "beta1": {"domain": "unit", "meaning": "decay rate of the first moment"},
    },
    methods={
        "averaged_gradients": {
            "state": {"m": 0},
            "update": {"m": "beta1*m + (1 - beta1)*g"},
            "step": "m/(1 - beta1**t)/(mu*t)",
        },
    },
    problems={
        "first": {"objective": "2*x**2 + 2*y**2 - 2*x*y + 2", "variables": ["x", "y"], "start": [1, 1]},
        "first_across": {"objective": "2*x**2 + 2*y**2 - 2*x*y + 2", "variables": ["x", "y"], "start": [1, -1]},
    },
    claims=[
        claim(
            "amgt-089-linear-rate", "Abstract; Discussion; Conclusions",
            "the rate k^(-mu/2) is linear convergence, which is faster than every power of k",
            sequence=RATE, rate="k**(-p)", versus="Main Results: the rate is called sub-linear",
            expects="inconsistent",
        ),
        claim(
            "amgt-111-linear-convergence", WHERE,
            "the iterates converge linearly, so that their distance is below every power of k",
            **GRADIENT, given=CLASS, measure="distance", rate="k**(-p)", proof=["amgt-112-rate"],
            expects="diverges",
        ),
        claim(
            "amgt-112-rate", WHERE, "the distance is O(k^(-mu/2))",
            **GRADIENT, given=CLASS, measure="distance", rate=RATE,
            proof=[
                "amgt-129a-proportional", "amgt-118-gradient-points-to-minimiser", "amgt-119-descent-step",
                "amgt-120b-decrease-of-one-step", "amgt-121-contraction", "amgt-122-square-root", "amgt-123-product",
                "amgt-124a-root-approximation", "amgt-125a-product-order", "amgt-125c-exponential",
            ],
            expects="ill-posed",
        ),
        claim(
            "amgt-113-rate-rescaled", WHERE, "the same rate for every multiple c f of a mu-strongly convex f",
            method="gradient_descent", parameters={"alpha": "1/(c*mu*k)"},
            given=["strongly_convex(c*mu)", "smooth(c*L)", "deterministic"], measure="distance", rate="k**(-c*mu/2)",
            expects="ill-posed",
        ),
        claim(
            "amgt-114-rate-noisy", "Main Results; Conclusions", "the distance is O(k^(-mu/2)) with noisy gradients",
            **GRADIENT, given=["strongly_convex(mu)", "smooth(L)", "unbiased", "bounded_variance(sigma)"],
            measure="distance", rate=RATE,
            expects="ill-posed",
        ),
        claim(
            "amgt-115-beats-sgd", "Discussion",
            "k^(-mu/2) is at least as fast as k^(-1/2), the rate of stochastic gradient descent",
            sequence=RATE, rate="k**(-1/2)",
            readings=[reading("for mu < 1", given=["mu < 1"]), reading("for mu >= 1", given=["mu >= 1"])],
            expects="refuted",
        ),
        claim(
            "amgt-116-step-at-zero", WHERE, "the steps 1/(mu k) are positive numbers for all k >= 0",
            given=["j >= 0"], holds="1/(mu*j) > 0",
            readings=[reading("for k >= 1", given=["j >= 1"])],
        ),
        claim(
            "amgt-118-gradient-points-to-minimiser", WHERE,
            "the gradient points towards the minimiser: <grad f(x), x* - x> >= mu |x - x*|^2",
            given=["strongly_convex(mu)"], holds="dot(grad(x_k), x_star - x_k) >= mu*norm(x_k - x_star)**2",
            readings=[
                reading("the negative gradient does", holds="dot(-grad(x_k), x_star - x_k) >= mu*norm(x_k - x_star)**2")
            ],
            expects="refuted",
        ),
        claim(
            "amgt-119-descent-step", WHERE,
            "f(x_{k+1}) <= f(x_k) - a |grad|^2 + (a^2 L/2) |grad|^2 for x_{k+1} = x_k - a grad",
            given=["smooth(L)", UPDATE],
            holds="f(x_next) <= f(x_k) - a*norm(grad(x_k))**2 + a**2*L/2*norm(grad(x_k))**2",
            expects="proved",
        ),
        claim(
            "amgt-120a-decrease", WHERE,
            "the function value decreases at each iteration, so that its gap never exceeds that of the start",
            **GRADIENT, given=[*CLASS, "initial_gap(Delta)"], measure="gap", bound="Delta",
            expects="refuted",
        ),
        claim(
            "amgt-120b-decrease-of-one-step", WHERE, "the step with a = 1/(mu k) decreases f",
            given=["strongly_convex(mu)", "smooth(L)", "mu <= L", "a == 1/(mu*k)", UPDATE],
            holds="f(x_next) <= f(x_k)",
            readings=[reading("for a <= 2/L", given=["smooth(L)", "a*L <= 2", UPDATE])],
            expects="refuted",
        ),
        claim(
            "amgt-120c-decrease-on-its-example", "Main Results; 4.10.1",
            "on the paper's own first example (mu = 2) from (1, -1) the gap never exceeds its initial value 6",
            problem="first_across", method="gradient_descent", parameters={"alpha": "1/(2*k)"}, measure="gap", bound=6,
            expects="refuted",
        ),
        claim(
            "amgt-121-contraction", WHERE, "|x_{k+1} - x*|^2 <= (1 - mu/k) |x_k - x*|^2",
            given=["strongly_convex(mu)", "smooth(L)", "mu <= L", "a == 1/(mu*k)", UPDATE],
            holds="norm(x_next - x_star)**2 <= (1 - mu/k)*norm(x_k - x_star)**2",
            readings=[
                reading(
                    "with 1/k for mu/k, once a <= 1/L",
                    given=["strongly_convex(mu)", "smooth(L)", "a == 1/(mu*k)", "a*L <= 1", UPDATE],
                    holds="norm(x_next - x_star)**2 <= (1 - 1/k)*norm(x_k - x_star)**2",
                ),
            ],
            expects="refuted",
        ),
        claim(
            "amgt-122-square-root", WHERE,
            "|x_{k+1} - x*| <= sqrt(1 - mu/i) |x_k - x*| follows from the squared contraction",
            given=["d_next**2 <= (1 - mu/k)*d**2"], holds="d_next <= sqrt(1 - mu/i)*d",
            readings=[
                reading("with k for i, and k >= mu", given=["d_next**2 <= (1 - mu/k)*d**2", "k >= mu"],
                        holds="d_next <= sqrt(1 - mu/k)*d")
            ],
            expects="ill-posed",
        ),
        claim(
            "amgt-123-product", WHERE, "|x_k - x*| <= |x_1 - x*| times the product of sqrt(1 - mu/i) for i from 1 to k",
            recursion="a[k+1] <= sqrt(1 - mu/k)*a[k]", given=["a[k] >= 0", "a[1] == D", "mu < 1"],
            bound="D*product(sqrt(1 - mu/n), n, 1, k)",
            readings=[reading("to k - 1", bound="D*product(sqrt(1 - mu/n), n, 1, k - 1)")],
            expects="refuted",
        ),
        claim(
            "amgt-124a-root-approximation", WHERE, "sqrt(1 - mu/k) is 1 - mu/(2k) up to O(1/k^2)",
            sequence="sqrt(1 - mu/k) - 1 + mu/(2*k)", rate="1/k**2",
            expects="proved",
        ),
        claim(
            "amgt-124b-root-bound", WHERE, "sqrt(1 - x) <= 1 - x/2 for x in [0, 1]",
            given=["x <= 1"], holds="sqrt(1 - x) <= 1 - x/2",
            expects="proved",
        ),
        claim(
            "amgt-125a-product-order", WHERE, "the product of 1 - mu/(2i) behaves like k^(-mu/2)",
            sequence="product(1 - mu/(2*n), n, 1, k)", same_order=RATE,
            readings=[reading("for mu < 2", given=["mu < 2"])],
            expects="refuted",
        ),
        claim(
            "amgt-125b-product-bound", WHERE, "the product of 1 - mu/(2i) is O(k^(-mu/2))",
            sequence="product(1 - mu/(2*n), n, 1, k)", rate=RATE,
            expects="proved",
        ),
        claim(
            "amgt-125c-exponential", WHERE, "exp of minus the sum of mu/(2i) is k^(-mu/2), in order of growth",
            sequence="exp(-sum(mu/(2*n), n, 1, k))", same_order=RATE,
            expects="proved",
        ),
        claim(
            "amgt-126-constant", WHERE, "the constant of the rate depends on the start alone, not on L",
            **GRADIENT, given=["strongly_convex(mu)", "initial_distance(D)", "deterministic"], measure="distance",
            rate=RATE,
            expects="ill-posed",
        ),
        claim(
            "amgt-127-sublinear", WHERE,
            "the rate is sub-linear: the ratio of successive terms of k^(-mu/2) tends to 1",
            sequence="(k/(k + 1))**(mu/2)", limit=1,
            expects="proved",
        ),
        claim(
            "amgt-128-rate-on-its-example", "Main Results; 4.10.1",
            "on the paper's own first example (mu = 2) from (1, 1) the distance is O(1/k)",
            problem="first", method="gradient_descent", parameters={"alpha": "1/(2*k)"}, measure="distance", rate="1/k",
        ),
        claim(
            "amgt-129a-proportional", WHERE,
            "the corrected average of gradients is approximately proportional to the last gradient",
            empirical="a meaning of approximately: after two gradients 1 and 0 the average is beta1/(1 + beta1), not 0",
            expects="undecided",
        ),
        claim(
            "amgt-129b-averaged-gradients", WHERE,
            "the distance is O(k^(-mu/2)) when m_hat is the corrected average of gradients",
            method="averaged_gradients", given=CLASS, measure="distance", rate=RATE,
            expects="ill-posed",
        ),
        claim(
            "amgt-177-stable-descent", "Recommendations",
            "the step 1/(mu k) ensures stable descent for any mu that is chosen: the gap never exceeds its initial "
            "value",
            **GRADIENT, given=["convex", "smooth(L)", "initial_gap(Delta)", "deterministic"], measure="gap",
            bound="Delta",
            expects="refuted",
        ),
    ],
)  # fmt: skip

"""Main Results, "Non-Convex Functions in Deep Learning": stationarity with the step 1/(mu k), mu being any constant."""

from convergence.claims import paper
from proofs.writing import claim, reading

WHERE = "Non-Convex Functions"
GRADIENT = {"method": "gradient_descent", "parameters": {"alpha": "1/(mu*k)"}}
CLASS = ["smooth(L)", "bounded_below", "unbiased", "bounded_variance(sigma)", "bounded_gradients(G)"]
SUMMED = ["f_2 <= f_1 - a_1*s_1 + C*a_1**2", "f_3 <= f_2 - a_2*s_2 + C*a_2**2", "f_4 <= f_3 - a_3*s_3 + C*a_3**2"]

PAPER = paper(
    "AMGT, Non-convex functions",
    symbols={
        "mu": {"domain": "positive", "range": ["1/2", 4], "meaning": "the constant of the step 1/(mu k)"},
        "L": {"domain": "positive", "range": ["1/2", 8], "meaning": "smoothness"},
        "G": {"domain": "positive", "range": ["1/2", 8], "meaning": "bound on the root mean square of m_hat"},
        "sigma": {"domain": "positive", "range": ["1/4", 2], "meaning": "noise"},
        "C": {"domain": "positive", "meaning": "L G^2/2"},
        "a": {"domain": "positive", "meaning": "the step size a_k"},
        "x_k": {"domain": "vector"},
        "m": {"domain": "vector", "meaning": "m_hat, for one outcome"},
        "x_next": {"domain": "vector", "meaning": "x_{k+1}, for one outcome"},
        "m_hat": {"domain": "random vector"},
        "x_after": {"domain": "random vector", "meaning": "x_{k+1}"},
        "f_star": {"domain": "real", "meaning": "lower bound of f"},
        "u": {"domain": "real", "meaning": "one coordinate of a gradient"},
        "w": {"domain": "real", "meaning": "the same coordinate of the next gradient"},
        "beta1": {"domain": "unit", "meaning": "decay rate of the first moment"},
        "tau": {"domain": "positive", "range": ["1/20", "1/10"], "meaning": "threshold"},
        **dict.fromkeys(("f_1", "f_2", "f_3", "f_4"), "real"),
        **dict.fromkeys(("s_1", "s_2", "s_3"), "nonnegative"),
        **dict.fromkeys(("a_1", "a_2", "a_3"), "positive"),
    },
    claims=[
        claim(
            "amgt-146a-average-unbiased", WHERE,
            "the corrected average of gradients is unbiased: after gradients u and w its expectation is w",
            holds="((1 - beta1)*beta1*u + (1 - beta1)*w)/(1 - beta1**2) == w",
            expects="refuted",
        ),
        claim(
            "amgt-146b-clipping-unbiased", WHERE,
            "clipping to [-tau, tau] keeps a gradient unbiased that takes the values u and w with equal probability",
            holds="(max(-tau, min(tau, u)) + max(-tau, min(tau, w)))/2 == (u + w)/2",
            expects="refuted",
        ),
        claim(
            "amgt-147-descent-lemma", WHERE,
            "the descent lemma for x_{k+1} = x_k - a m_hat",
            given=["smooth(L)", "x_next == x_k - a*m"],
            holds="f(x_next) <= f(x_k) - a*dot(grad(x_k), m) + L/2*a**2*norm(m)**2",
            expects="proved",
        ),
        claim(
            "amgt-148a-expected-descent-lemma", WHERE,
            "in expectation, by E m_hat = grad f(x_k): E f(x_{k+1}) <= f(x_k) - a |grad|^2 + (L/2) a^2 E|m_hat|^2",
            given=["smooth(L)", "E(m_hat) == grad(x_k)", "x_after == x_k - a*m_hat"],
            holds="E(f(x_after)) <= f(x_k) - a*norm(grad(x_k))**2 + L/2*a**2*E(norm(m_hat)**2)",
            readings=[
                reading("without E m_hat = grad f(x_k)", given=["smooth(L)", "x_after == x_k - a*m_hat"]),
            ],
            expects="proved",
        ),
        claim(
            "amgt-148b-expected-descent", WHERE, "E f(x_{k+1}) <= f(x_k) - a |grad|^2 + (L G^2/2) a^2",
            given=[
                "smooth(L)", "E(m_hat) == grad(x_k)", "E(norm(m_hat)**2) <= G**2", "x_after == x_k - a*m_hat",
            ],
            holds="E(f(x_after)) <= f(x_k) - a*norm(grad(x_k))**2 + L*G**2/2*a**2",
            expects="proved",
        ),
        claim(
            "amgt-149-summed", WHERE,
            "the sum of a_k E|grad|^2 is at most f(x_1) - f* + (L G^2/2) times the sum of a_k^2: three steps, the "
            "rest is alike",
            given=[*SUMMED, "f_4 >= f_star"],
            holds="a_1*s_1 + a_2*s_2 + a_3*s_3 <= f_1 - f_star + C*(a_1**2 + a_2**2 + a_3**2)",
            expects="proved",
        ),
        claim(
            "amgt-150-sum-of-steps", WHERE, "the sum of 1/(mu k) up to T is (ln T)/mu + O(1)",
            sequence="sum(1/(mu*i), i, 1, T) - log(T)/mu", rate="1",
            expects="proved",
        ),
        claim(
            "amgt-151-sum-of-squared-steps", WHERE, "the sum of 1/(mu k)^2 up to T is at most pi^2/(6 mu^2)",
            sequence="sum(1/(mu*i)**2, i, 1, T)", bound="pi**2/(6*mu**2)",
            expects="proved",
        ),
        claim(
            "amgt-152-weighted-average", WHERE,
            "(1/ln T) times the sum of E|grad|^2 is O(1/ln T): the sum is bounded, so that the mean is O(1/T)",
            **GRADIENT, given=CLASS, measure="average_squared_gradient_norm", rate="1/T",
            readings=[
                reading(
                    "with the weights a_k kept, so that the least is O(1/ln T)",
                    measure="best_squared_gradient_norm", rate="1/log(T + 1)",
                )
            ],
            expects="diverges",
        ),
        claim(
            "amgt-153-least-gradient", WHERE, "the least E|grad|^2 so far tends to 0",
            **GRADIENT, given=CLASS, measure="best_squared_gradient_norm", limit=0,
            proof=[
                "amgt-146a-average-unbiased", "amgt-147-descent-lemma", "amgt-148a-expected-descent-lemma",
                "amgt-148b-expected-descent", "amgt-149-summed", "amgt-150-sum-of-steps",
                "amgt-151-sum-of-squared-steps", "amgt-152-weighted-average",
            ],
        ),
        claim(
            "amgt-154-every-gradient", WHERE, "E|grad f(x_k)|^2 tends to 0",
            **GRADIENT, given=CLASS, measure="squared_gradient_norm", limit=0, proof=["amgt-153-least-gradient"],
        ),
        claim(
            "amgt-155-iterates-converge", WHERE,
            "the iterates converge, so they stay bounded: on log(1 + exp(-x)), smooth and bounded below, the "
            "recursion of the method",
            recursion="x[k+1] == x[k] + 1/(mu*k*(1 + exp(x[k])))", rate="1",
        ),
        claim(
            "amgt-156-assumptions-hold", WHERE,
            "weight decay and batch normalisation bound the gradients, so that the assumptions hold",
            empirical="gradient norms of trained networks; a quadratic penalty alone has an unbounded gradient",
            expects="undecided",
        ),
        claim(
            "amgt-213-stationary-points", "Abstract", "convergence to stationary points of non-convex functions",
            **GRADIENT, given=CLASS, measure="squared_gradient_norm", limit=0, proof=["amgt-154-every-gradient"],
        ),
    ],
)  # fmt: skip

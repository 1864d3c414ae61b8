"""Preliminaries: the ingredients of the method, its step-size schedules, and the first convergence statement."""

from convergence.claims import paper
from proofs.writing import claim, reading

WHERE = "Preliminaries"

PAPER = paper(
    "AMGT, Preliminaries",
    symbols={
        "mu": {"domain": "positive", "range": ["1/2", 4], "meaning": "strong convexity"},
        "L": {"domain": "positive", "range": ["1/2", 8], "meaning": "smoothness"},
        "D": {"domain": "positive", "range": ["1/2", 4], "meaning": "distance of the start"},
        "Delta": {"domain": "positive", "range": ["1/2", 4], "meaning": "gap of the start"},
        "eta_0": {"domain": "positive", "range": ["1/10", 2], "meaning": "initial step size"},
        "decay": {"domain": "positive", "range": ["1/10", 2], "meaning": "decay factor of the schedule"},
        "eta": {"domain": "positive", "range": ["1/10", 2], "meaning": "a constant step size"},
        "h": {"domain": "positive", "range": ["1/2", 8], "meaning": "curvature of (h/2) x^2"},
        "beta1": {"domain": "unit", "meaning": "decay rate of the first moment"},
        "beta2": {"domain": "unit", "meaning": "decay rate of the second moment"},
        "epsilon": {"domain": "positive", "meaning": "constant for numerical stability"},
        "gamma": {"domain": "positive", "range": ["1/4", 4], "meaning": "weight of the gradients' variance"},
        "V": {"domain": "nonnegative", "meaning": "variance of recent gradients"},
        "G": {"domain": "real", "meaning": "a constant gradient"},
        "lam": {"domain": "fraction", "meaning": "the adaptive factor where the variance is positive"},
        "alpha_t": {"domain": "undefined", "meaning": "the correction term, of which no value is given"},
    },
    methods={
        "corrected_momentum": {
            "update": {"m": "beta1*m + (1 - beta1)*g"},
            "state": {"m": 0},
            "step": "eta*(m/(1 - beta1**t) + alpha_t)",
        },
        "printed_momentum": {
            "update": {"m": "beta1*m + (1 - beta1)/(1 + gamma*V)"},
            "state": {"m": 0},
            "step": "m/(mu*t)",
        },
        "printed_adam": {
            "parameters": {"alpha": "1/1000", "beta1": "9/10", "beta2": "999/1000", "epsilon": "1e-8"},
            "state": {"m": 0, "v": 0},
            "update": {"m": "beta1*m + (1 - beta1)*g", "v": "beta2*v + (1 - beta2)*g**2"},
            "step": "alpha*(m/(1 - beta1**t))/(sqrt(v/(1 - beta2**t)) + epsilon)",
        },
    },
    problems={"double_well": {"objective": "(x**2 - 1)**2", "start": [0]}},
    claims=[
        claim(
            "amgt-097-vanishing-gradient", WHERE,
            "a gradient that tends to 0 means that a minimum is approached: from 0, where the gradient of (x^2 - 1)^2 "
            "vanishes",
            problem="double_well", method="gradient_descent", parameters={"alpha": "1/10"}, measure="gap", limit=0,
        ),
        claim(
            "amgt-098-momentum-correction", WHERE,
            "adding a term alpha_t to the corrected momentum keeps the method convergent",
            method="corrected_momentum", given=["strongly_convex(mu)", "smooth(L)", "deterministic", "eta <= 1/L"],
            measure="distance", limit=0,
            expects="ill-posed",
        ),
        claim(
            "amgt-099-adam", WHERE, "the recursion that is printed for Adam is Adam",
            method="printed_adam", same_method="adam",
            expects="proved",
        ),
        claim(
            "amgt-100-printed-momentum", WHERE,
            "the momentum as it is printed, which averages the factor lambda_t and no gradient, leads to the minimiser",
            method="printed_momentum", given=["strongly_convex(mu)", "smooth(L)", "deterministic"],
            measure="distance", limit=0,
        ),
        claim(
            "amgt-101-intended-momentum", WHERE,
            "the momentum that averages lambda_t g_t estimates the gradient: on a constant gradient G it tends to G",
            recursion="m[k+1] == beta1*m[k] + (1 - beta1)*G/(1 + gamma*V)", given=["V > 0"], limit="G",
            readings=[
                reading("it tends to lambda_t G", given=["V > 0"], limit="G/(1 + gamma*V)"),
            ],
            expects="refuted",
        ),
        claim(
            "amgt-102-accelerates", WHERE,
            "a factor lambda_t < 1 on the step accelerates: it shrinks the error of (h/2) x^2 more",
            holds="abs(1 - lam*eta*h) < abs(1 - eta*h)",
            expects="refuted",
        ),
        claim(
            "amgt-103-no-oscillation", WHERE,
            "a factor lambda_t < 1 prevents oscillation: the error of (h/2) x^2 keeps its sign",
            holds="1 - lam*eta*h >= 0",
            expects="refuted",
        ),
        claim(
            "amgt-104a-schedule", WHERE, "the schedule eta_0/(1 + alpha_t) tends to 0",
            sequence="eta_0/(1 + alpha_t)", limit=0,
            readings=[reading("alpha times t", sequence="eta_0/(1 + decay*k)", limit=0)],
            expects="ill-posed",
        ),
        claim(
            "amgt-104b-one-schedule", "Experimental Setup; Main Results",
            "the experiments' schedule eta_0/(1 + lambda t) is the theorems' 1/(mu k)",
            holds="eta_0/(1 + decay*k) == 1/(mu*k)", versus="Main Results: the step size 1/(mu k)",
            expects="inconsistent",
        ),
        claim(
            "amgt-104c-same-decay", "Experimental Setup; Main Results", "both schedules decay as 1/k",
            sequence="eta_0/(1 + decay*k)", same_order="1/k",
            expects="proved",
        ),
        claim(
            "amgt-105-schedule-matters", "Experimental Setup; Ablation Study",
            "the decay 1e-4 makes a difference of one to two percent of accuracy",
            empirical="whether t counts steps or epochs (over 100 epochs of training the factor is 0.99 if it counts "
            "epochs), and trained networks with and without the schedule",
            expects="undecided",
        ),
        claim(
            "amgt-106-no-overshooting", WHERE,
            "the schedule prevents overshooting: the gap never exceeds its initial value",
            method="gradient_descent", parameters={"alpha": "eta_0/(1 + decay*k)"},
            given=["strongly_convex(mu)", "smooth(L)", "initial_gap(Delta)", "deterministic"], measure="gap",
            bound="Delta",
            expects="refuted",
        ),
        claim(
            "amgt-107-convex-rate", WHERE,
            "for smooth convex functions the gap is at most C/sqrt(T) with C depending on L, eta_0 and gamma",
            method="gradient_descent", parameters={"alpha": "eta_0/(1 + decay*k)"},
            given=["convex", "smooth(L)", "deterministic"], measure="gap", rate="1/sqrt(T)",
            readings=[
                reading(
                    "C may depend on the start's distance too",
                    given=["convex", "smooth(L)", "initial_distance(D)", "deterministic"],
                )
            ],
            expects="refuted",
        ),
    ],
)  # fmt: skip

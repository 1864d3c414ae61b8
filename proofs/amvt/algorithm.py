"""Sections 3 and 4.4: the update in its two printings, its ingredients, and the learning-rate schedules."""

from convergence.claims import paper
from convergence.expressions import symbol
from convergence.methods import METHODS
from convergence.methods.rule import theta
from proofs.writing import claim, reading

AMVT = METHODS["amvt_algorithm1"]
SCALE, SHRINK = symbol("scale", "positive"), symbol("shrink", "fraction")
SCALED = AMVT.precondition(lambda gradient: SCALE * gradient, "gradients scaled", scale=SCALE)
DECAYED = AMVT.transformed_step(lambda step: step + SHRINK * theta, "weight decay", shrink=SHRINK)
COSINE = "alpha_min + (alpha_0 - alpha_min)*(1 + cos(pi*{t}/T))/2"

PAPER = paper(
    "AMVT, the algorithm",
    symbols={
        "mu": {"domain": "positive", "range": ["1/2", 4], "meaning": "strong convexity"},
        "L": {"domain": "positive", "range": ["1/2", 16], "meaning": "smoothness"},
        "sigma": {"domain": "positive", "range": ["1/4", 2], "meaning": "noise"},
        "mean": {"domain": "real", "meaning": "expectation of the gradients"},
        "beta1": {"domain": "unit", "meaning": "decay rate of the first moment"},
        "beta3": {"domain": "unit", "meaning": "decay rate of the variance estimate"},
        "epsilon": {"domain": "positive", "meaning": "constant for numerical stability"},
        "v_hat": {"domain": "nonnegative", "meaning": "corrected second moment"},
        "s_hat": {"domain": "nonnegative", "meaning": "corrected variance estimate"},
        "s_less": {"domain": "nonnegative", "meaning": "the same of a less noisy coordinate"},
        "scale": {"domain": "positive", "range": ["1/10", 10], "meaning": "factor by which f is multiplied"},
        "shrink": {"domain": "fraction", "meaning": "rate of weight decay"},
        "u": {"domain": "real", "meaning": "a gradient or an update, one coordinate"},
        "bound": {"domain": "positive", "meaning": "threshold of clipping"},
        "alpha_0": {"domain": "positive", "range": ["1/100", 1], "meaning": "initial learning rate"},
        "alpha_min": {"domain": "nonnegative", "meaning": "final learning rate"},
        "gamma": {"domain": "fraction", "meaning": "factor of step decay"},
        "period": {"domain": "natural", "meaning": "steps between two decays"},
    },
    methods={
        "clipped": {"step": "max(-bound, min(bound, g))/(mu*t)"},
        "step_decay": {"step": "alpha_0*gamma**floor(t/period)*g"},
    },
    problems={
        "centred_at_one": {"objective": "(x - 1)**2/2", "start": [0]},
    },
    claims=[
        claim(
            "amvt-007-curvature", "Abstract; 1; 3.1 Module 3", "learning rate and momentum adapt to curvature",
            empirical="a term of the update that depends on curvature: Algorithm 1 reads gradients only, and its "
            "decay rates are fixed",
            expects="undecided",
        ),
        claim(
            "amvt-008-signal-to-noise", "1; 3.1 Module 3",
            "the learning rate adapts to the signal-to-noise ratio v_hat/s_hat: a larger ratio means a larger penalty "
            "factor",
            given=["s_less <= s_hat", "v_hat > 0"],
            holds="(1 + s_hat/(v_hat + epsilon))**(-1/2) <= (1 + s_less/(v_hat + epsilon))**(-1/2)",
            expects="proved",
        ),
        claim(
            "amvt-009a-variance-estimate", "1; 3.1 Module 2; 3.2 Step 5",
            "after one gradient of expectation mean and variance sigma^2 the corrected variance estimate, (g - "
            "m_1)^2, has expectation sigma^2",
            holds="beta1**2*(mean**2 + sigma**2) == sigma**2",
            expects="refuted",
        ),
        claim(
            "amvt-009b-variance-estimate-late", "1; 3.1 Module 2; 3.2 Step 5",
            "after many such gradients, where g - m has expectation 0 and variance 2 beta1^2/(1 + beta1) sigma^2, the "
            "estimate tends to sigma^2",
            recursion="s[k+1] == beta3*s[k] + (1 - beta3)*2*beta1**2/(1 + beta1)*sigma**2", limit="sigma**2",
            expects="refuted",
        ),
        claim(
            "amvt-020a-normalisation", "3.1 Module 1",
            "a gradient divided by its length does not change with the scale of f",
            given=["u**2 > 0"], holds="scale*u/abs(scale*u) == u/abs(u)",
            expects="proved",
        ),
        claim(
            "amvt-020b-scale-invariance", "3.1 Module 1",
            "Algorithm 1 takes the same steps when all gradients are multiplied by a constant",
            method=AMVT, same_method=SCALED,
            expects="refuted",
        ),
        claim(
            "amvt-021-step-6", "3.2 Step 6", "Step 6 as it is printed is the learning rate of Algorithm 1",
            method="amvt_step6_as_printed", same_method="amvt", versus="Algorithm 1 (h)",
            readings=[reading("by the precedence of operators", method="amvt_step6_by_precedence", same_method="amvt")],
            expects="inconsistent",
        ),
        claim(
            "amvt-022-step-6-simplified", "Algorithm 1 (h)",
            "the learning rate of Algorithm 1 is Adam's with v_hat + s_hat in the place of v_hat, epsilon under the "
            "root",
            holds="(1 + s_hat/(v_hat + epsilon))**(-1/2)/sqrt(v_hat + epsilon) == 1/sqrt(v_hat + s_hat + epsilon)",
            expects="proved",
        ),
        claim(
            "amvt-023-step-7", "3.2 Step 7", "the update with the corrected first moment is that of Algorithm 1",
            method="amvt", same_method="amvt_algorithm1", versus="Algorithm 1 (i): the first moment itself",
            expects="inconsistent",
        ),
        claim(
            "amvt-025-noisy-coordinates", "3.2",
            "of two coordinates with the same v_hat the noisier one has the smaller learning rate",
            given=["s_less <= s_hat"], holds="1/sqrt(v_hat + s_hat + epsilon) <= 1/sqrt(v_hat + s_less + epsilon)",
            expects="proved",
        ),
        claim(
            "amvt-027-default-rate-converges", "3.5",
            "with its default constants AMVT converges on strongly convex quadratics",
            method="amvt_algorithm1", given=["quadratic", "strongly_convex(mu)", "smooth(L)", "deterministic"],
            measure="distance", limit=0,
        ),
        claim(
            "amvt-028-clipped-updates", "3.1 Module 4", "clipped updates are bounded by the threshold",
            holds="abs(max(-bound, min(bound, u))) <= bound",
            expects="proved",
        ),
        claim(
            "amvt-029-weight-decay", "4.1 (j)",
            "with weight decay the method still reaches the minimiser of f: from 0 on (x - 1)^2/2",
            problem="centred_at_one", method=DECAYED, measure="distance", limit=0,
            expects="diverges",
        ),
        claim(
            "amvt-030-clipped-gradients", "4.1 (c); 3.1",
            "clipping stochastic gradients keeps a method convergent: gradient descent with the step 1/(mu k)",
            method="clipped", given=["strongly_convex(mu)", "smooth(L)", "unbiased", "bounded_variance(sigma)"],
            measure="distance", limit=0,
            expects="refuted",
        ),
        claim(
            "amvt-043-half-precision", "3.4; 3.5",
            "epsilon = 1e-8 protects a division in FP16: it is not rounded to 0, which happens below 2^-25",
            comparison={"relation": "epsilon > 1/2**25", "inputs": {"epsilon": "1e-8"}},
            expects="inconsistent",
        ),
        claim(
            "amvt-044-cost", "4.1", "about 20 operations per parameter are of the order of Adam's 12, k standing for d",
            sequence="20*k", same_order="12*k",
            expects="proved",
        ),
        claim(
            "amvt-061a-cosine-end", "4.4", "the cosine schedule ends at alpha_min, for t = T",
            holds=f"{COSINE.format(t='T')} == alpha_min",
            expects="proved",
        ),
        claim(
            "amvt-061b-cosine-start", "4.4", "the cosine schedule starts at alpha_0, for t = 1",
            holds=f"{COSINE.format(t='1')} == alpha_0",
            readings=[reading("for a long horizon", sequence=COSINE.format(t="1"), limit="alpha_0")],
            expects="refuted",
        ),
        claim(
            "amvt-062-step-decay", "4.4", "gradient descent with the step-decay schedule reaches the minimiser",
            method="step_decay", given=["strongly_convex(mu)", "smooth(L)", "deterministic", "alpha_0 <= 1/L"],
            measure="distance", limit=0,
            expects="refuted",
        ),
    ],
)  # fmt: skip

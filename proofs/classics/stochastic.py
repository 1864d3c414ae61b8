"""Noisy gradients: what constant, decreasing and horizon-dependent steps reach."""

from proofs.classics.known import false, theme, true

STRONG = ["strongly_convex(mu)", "smooth(L)", "mu <= L", "unbiased", "bounded_variance(sigma)", "initial_distance(D)"]
NONCONVEX = ["smooth(L)", "bounded_below", "initial_gap(Delta)", "unbiased", "bounded_variance(sigma)"]
DOMAIN = ["convex", "bounded_domain(D)", "unbiased", "bounded_gradients(G)"]
ROBBINS_MONRO = {"method": "gradient_descent", "parameters": {"alpha": "1/(mu*k)"}}
ROOT = {"method": "gradient_descent", "parameters": {"alpha": "1/(L*sqrt(T))"}}
FALLING = {"method": "gradient_descent", "parameters": {"alpha": "D/(G*sqrt(t))"}}

KNOWN = (
    true(
        "sgd-noise-ball", "Polyak (1987), Section 4.2; Bach & Moulines (2011), Theorem 1",
        "with step 1/L the mean squared distance is at most (1 - mu/L)^(2k) D^2 + sigma^2/(mu (2L - mu))",
        given=STRONG, method="gradient_descent", parameters={"alpha": "1/L"}, measure="squared_distance",
        bound="(1 - mu/L)**(2*k)*D**2 + sigma**2/(mu*(2*L - mu))", sharp=("constant", "bounded_variance(sigma)"),
    ),
    true(
        "sgd-one-over-k", "Chung (1954), Theorem 1; Robbins & Monro (1951)",
        "with steps 1/(mu k) the mean squared distance is O(1/k)",
        given=STRONG, **ROBBINS_MONRO, measure="squared_distance", rate="1/k", sharp=("exponent",),
    ),
    true(
        "sgd-limit", "Robbins & Monro (1951), Theorem 2", "with steps 1/(mu k) the mean squared distance tends to 0",
        given=STRONG, **ROBBINS_MONRO, measure="squared_distance", limit=0, sharp=("bounded_variance(sigma)",),
    ),
    true(
        "sgd-slower-steps", "Bach & Moulines (2011), Theorem 1", "with steps k^(-2/3)/mu it is O(k^(-2/3))",
        given=STRONG, method="gradient_descent", parameters={"alpha": "1/(mu*k**(2/3))"},
        measure="squared_distance", rate="k**(-2/3)", sharp=("exponent",),
    ),
    true(
        "sgd-average", "Nemirovski, Juditsky, Lan & Shapiro (2009), (2.21)",
        "projected, with steps D/(G sqrt(t)), the mean iterate's expected gap is O(1/sqrt(k))",
        given=DOMAIN, **FALLING, measure="average_iterate_gap", rate="1/sqrt(k)",
    ),
    true(
        "sgd-regret", "Zinkevich (2003), Theorem 1, in expectation",
        "projected, with steps D/(G sqrt(t)), the mean expected gap is at most 3 D G/(2 sqrt(k))",
        given=DOMAIN, **FALLING, measure="average_regret", bound="3/2*D*G/sqrt(k)",
    ),
    true(
        "sgd-nonconvex", "Ghadimi & Lan (2013), Corollary 2.2",
        "with T steps of 1/(L sqrt(T)) the mean squared gradient is O(1/sqrt(T))",
        given=NONCONVEX, **ROOT, measure="average_squared_gradient_norm", rate="1/sqrt(T)", sharp=("exponent",),
    ),
    false(
        "sgd-constant-step-exact", "against Polyak (1987), Section 4.2",
        "with the constant step 1/(2L) the noise averages out",
        given=STRONG, method="gradient_descent", parameters={"alpha": "1/(2*L)"}, measure="squared_distance", limit=0,
    ),
    false(
        "sgd-constant-step-linear", "against Polyak (1987), Section 4.2",
        "with the constant step 1/L and noise the distance falls geometrically",
        given=STRONG, method="gradient_descent", parameters={"alpha": "1/L"},
        measure="squared_distance", rate="(1 - mu/L)**k",
    ),
    false(
        "sgd-too-fast", "against Agarwal, Bartlett, Ravikumar & Wainwright (2012), Theorem 2",
        "with steps 1/(mu k) the mean squared distance is O(1/k^2)",
        given=STRONG, **ROBBINS_MONRO, measure="squared_distance", rate="1/k**2",
    ),
    false(
        "sgd-step-too-small", "against Nemirovski, Juditsky, Lan & Shapiro (2009), Section 2.1; Chung (1954)",
        "with steps 1/(4 mu k) the mean squared distance is O(1/k) (it falls as 1/sqrt(k) on mu x^2/2)",
        given=STRONG, method="gradient_descent", parameters={"alpha": "1/(4*mu*k)"},
        measure="squared_distance", rate="1/k",
    ),
    false(
        "sgd-average-too-fast", "against Agarwal, Bartlett, Ravikumar & Wainwright (2012), Theorem 1",
        "without strong convexity the mean iterate's expected gap is O(1/k)",
        given=DOMAIN, **FALLING, measure="average_iterate_gap", rate="1/k",
    ),
    false(
        "sgd-nonconvex-too-fast", "against Arjevani and others (2023)",
        "with T steps of 1/(L sqrt(T)) the mean squared gradient is O(1/T)",
        given=NONCONVEX, **ROOT, measure="average_squared_gradient_norm", rate="1/T",
    ),
    false(
        "sgd-noise-ball-too-small", "against Polyak (1987), Section 4.2",
        "the noise leaves at most half of sigma^2/(mu (2L - mu))",
        given=STRONG, method="gradient_descent", parameters={"alpha": "1/L"}, measure="squared_distance",
        bound="(1 - mu/L)**(2*k)*D**2 + sigma**2/(2*mu*(2*L - mu))",
    ),
)  # fmt: skip

PAPER = theme("Classics: noisy gradients", KNOWN)

"""Nonsmooth convex functions: the subgradient method, its averages and its last iterate."""

from proofs.classics.known import false, theme, true

GIVEN = ["convex", "lipschitz(G)", "initial_distance(D)"]
DOMAIN = ["convex", "lipschitz(G)", "bounded_domain(D)"]
FIXED = {"method": "gradient_descent", "parameters": {"alpha": "D/(G*sqrt(T + 1))"}}
FALLING = {"method": "gradient_descent", "parameters": {"alpha": "D/(G*sqrt(t))"}}

KNOWN = (
    true(
        "subgradient-regret", "Nesterov (2004), Theorem 3.2.2",
        "with T steps of D/(G sqrt(T)), the mean gap of the points visited is at most G D/sqrt(T)",
        given=GIVEN, method="gradient_descent", parameters={"alpha": "D/(G*sqrt(T))"},
        measure="average_regret", bound="G*D/sqrt(T)", sharp=("convex", "lipschitz(G)", "initial_distance(D)"),
    ),
    true(
        "subgradient-best", "Nesterov (2004), Theorem 3.2.2",
        "with steps D/(G sqrt(T + 1)) the best of x_1, ..., x_T has a gap of at most G D sqrt(T + 1)/T",
        given=GIVEN, **FIXED, measure="best_gap", bound="G*D*sqrt(T + 1)/T", sharp=("initial_distance(D)",),
    ),
    true(
        "subgradient-average", "Nemirovski & Yudin (1983)", "the mean of x_1, ..., x_T satisfies the same bound",
        given=GIVEN, **FIXED, measure="average_iterate_gap", bound="G*D*sqrt(T + 1)/T",
        sharp=("convex", "initial_distance(D)"),
    ),
    true(
        "subgradient-best-rate", "Shor (1964); Nesterov (2004), Theorem 3.2.2", "the best gap is O(1/sqrt(T))",
        given=GIVEN, **FIXED, measure="best_gap", rate="1/sqrt(T)", sharp=("exponent",),
    ),
    true(
        "subgradient-projected", "Zinkevich (2003), Theorem 1",
        "projected, with steps D/(G sqrt(t)), the mean gap is at most 3 D G/(2 sqrt(k))",
        given=DOMAIN, **FALLING, measure="average_regret", bound="3/2*D*G/sqrt(k)", sharp=("convex",),
    ),
    true(
        "subgradient-last-iterate", "Shamir & Zhang (2013), Theorem 2", "the last iterate's gap is O(log(k)/sqrt(k))",
        given=DOMAIN, **FALLING, measure="gap", rate="log(k + 1)/sqrt(k)", sharp=("exponent", "convex"),
    ),
    true(
        "subgradient-strongly-convex", "Hazan, Agarwal & Kale (2007), Theorem 1",
        "with strong convexity and steps 1/(mu t), the mean gap is O(log(k)/k)",
        given=["strongly_convex(mu)", "bounded_gradients(G)", "bounded_domain(D)"], method="gradient_descent",
        parameters={"alpha": "1/(mu*t)"}, measure="average_regret", rate="log(k + 1)/k",
    ),
    false(
        "subgradient-linear", "against Nesterov (2004), Theorem 3.2.1", "the best gap is O(0.9^T)",
        given=GIVEN, **FIXED, measure="best_gap", rate="(9/10)**T",
    ),
    false(
        "subgradient-one-over-k", "against Nesterov (2004), Theorem 3.2.1", "the best gap is O(1/T)",
        given=GIVEN, **FIXED, measure="best_gap", rate="1/T",
    ),
    false(
        "subgradient-too-small", "against Nesterov (2004), Theorem 3.2.1",
        "the best gap is at most G D/(4 sqrt(T + 1))",
        given=GIVEN, **FIXED, measure="best_gap", bound="G*D/(4*sqrt(T + 1))",
    ),
    false(
        "subgradient-constant-step", "against Shor (1985), Section 2.1",
        "with a constant step the gap tends to 0 (near a kink the iterates jump over the minimiser)",
        given=GIVEN, method="gradient_descent", parameters={"alpha": "1/10"}, measure="gap", limit=0,
    ),
    false(
        "subgradient-last-iterate-without-log", "against Harvey, Liaw, Plan & Randhawa (2019)",
        "the last iterate's gap is O(1/sqrt(k)) in every dimension",
        given=DOMAIN, **FALLING, measure="gap", rate="1/sqrt(k)",
    ),
    false(
        "sign-descent-constant-step", "against Shor (1985), Section 2.1",
        "sign descent with a constant step drives the gap to 0",
        given=["convex", "smooth(L)", "initial_distance(D)"], method="sign_descent", parameters={"alpha": "1/100"},
        measure="gap", limit=0,
    ),
    false(
        "gradient-descent-on-a-kink", "against Nesterov (2004), Theorem 3.2.1",
        "gradient descent with step 1/2 reaches any accuracy on Lipschitz convex functions",
        given=GIVEN, method="gradient_descent", parameters={"alpha": "1/2"}, measure="best_gap", limit=0,
    ),
)  # fmt: skip

PAPER = theme("Classics: subgradients", KNOWN)

"""Adaptive step sizes and online losses: regret that vanishes, and regret that does not."""

from proofs.classics.known import false, theme, true

ONLINE = ["convex", "online", "bounded_domain(D)", "bounded_gradients(G)"]
FALLING = {"method": "gradient_descent", "parameters": {"alpha": "D/(G*sqrt(t))"}}

KNOWN = (
    true(
        "online-gradient-descent", "Zinkevich (2003), Theorem 1", "the mean regret is at most 3 D G/(2 sqrt(k))",
        given=ONLINE, **FALLING, measure="average_regret", bound="3/2*D*G/sqrt(k)", sharp=("exponent",),
    ),
    true(
        "online-gradient-descent-limit", "Zinkevich (2003), Theorem 1",
        "the mean regret tends to 0 or below: O(1/sqrt(k))",
        given=ONLINE, **FALLING, measure="average_regret", rate="1/sqrt(k)", sharp=("exponent",),
    ),
    true(
        "adagrad-norm-regret", "Streeter & McMahan (2010); Duchi, Hazan & Singer (2011), Theorem 5",
        "one adaptive step size: the regret is O(sqrt(k))",
        given=ONLINE, method="adagrad_norm", parameters={"alpha": "D"}, measure="regret", rate="sqrt(k)",
        sharp=("exponent",),
    ),
    true(
        "amsgrad-regret", "Reddi, Kale & Kumar (2018), Theorem 4; Alacaoglu, Malitsky, Mertikopoulos & Cevher (2020)",
        "the mean regret of AMSGrad with steps 1/sqrt(t), projected in its own metric, is O(1/sqrt(k))",
        given=ONLINE, method="amsgrad_uncorrected", parameters={"alpha": "D/sqrt(t)"},
        measure="average_regret", rate="1/sqrt(k)", sharp=("exponent",),
    ),
    true(
        "adagrad-norm-nonconvex", "Ward, Wu & Bottou (2019), Theorem 2.2",
        "without knowing L the least squared gradient is O(1/k)",
        given=["smooth(L)", "bounded_below", "initial_gap(Delta)"], method="adagrad_norm", parameters={"alpha": "1"},
        measure="best_squared_gradient_norm", rate="1/k",
    ),
    false(
        "adam-regret", "against Kingma & Ba (2015), Theorem 4.1, by Reddi, Kale & Kumar (2018), Theorem 2",
        "the mean regret of Adam tends to 0 with its default decay rates and steps proportional to 1/sqrt(t)",
        given=ONLINE, method="adam", parameters={"alpha": "D/sqrt(t)"}, measure="average_regret", limit=0,
    ),
    false(
        "adam-regret-without-momentum", "against Kingma & Ba (2015), by Reddi, Kale & Kumar (2018), Theorem 1",
        "without momentum and with short memory the mean regret is O(1/sqrt(k))",
        given=ONLINE, method="adam", parameters={"alpha": "D/(4*sqrt(t))", "beta1": "0", "beta2": "1/10"},
        measure="average_regret", rate="1/sqrt(k)",
    ),
    false(
        "online-too-small", "against Abernethy, Bartlett, Rakhlin & Tewari (2008)",
        "the mean regret is at most D G/(4 sqrt(k))",
        given=ONLINE, **FALLING, measure="average_regret", bound="D*G/(4*sqrt(k))",
    ),
    false(
        "adagrad-norm-too-fast", "against Abernethy, Bartlett, Rakhlin & Tewari (2008)",
        "the mean regret is O(1/k)",
        given=ONLINE, method="adagrad_norm", parameters={"alpha": "D"}, measure="average_regret", rate="1/k",
    ),
    false(
        "online-constant-step", "against Zinkevich (2003), Section 2", "a constant step is enough for O(1/sqrt(k))",
        given=ONLINE, method="gradient_descent", parameters={"alpha": "D/G"}, measure="average_regret",
        rate="1/sqrt(k)",
    ),
)  # fmt: skip

PAPER = theme("Classics: adaptive methods and online losses", KNOWN)

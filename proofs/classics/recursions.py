"""Recursions of stochastic approximation: Chung's regimes, Robbins-Monro sums, and what a missing hypothesis costs."""

from proofs.classics.known import false, theme, true

CHUNG = "a[k+1] <= (1 - beta/k)*a[k] + gamma/k**2"
POSITIVE = ["a[k] >= 0"]

KNOWN = (
    true(
        "chung-fast", "Chung (1954), Lemma 1", "for beta > 1 the recursion gives O(1/k)",
        recursion=CHUNG, given=[*POSITIVE, "beta > 1"], rate="1/k", sharp=("exponent", "beta > 1"),
    ),
    true(
        "chung-critical", "Chung (1954), Lemma 1", "for beta = 1 it gives O(log(k)/k)",
        recursion="a[k+1] <= (1 - 1/k)*a[k] + gamma/k**2", given=POSITIVE, rate="log(k + 1)/k",
        sharp=("exponent",),
    ),
    true(
        "chung-slow", "Chung (1954), Lemma 1", "for beta < 1 it gives O(k^-beta)",
        recursion=CHUNG, given=[*POSITIVE, "beta < 1"], rate="k**(-beta)", sharp=("exponent", "beta < 1"),
    ),
    true(
        "chung-limit", "Chung (1954), Lemma 1; Polyak (1987), Lemma 2.2.3",
        "for every beta > 0 nonnegative sequences tend to 0",
        recursion=CHUNG, given=POSITIVE, limit=0, sharp=("a[k] >= 0",),
    ),
    true(
        "chung-power-steps", "Chung (1954), Lemma 4; Polyak (1987), Lemma 2.2.5",
        "with steps k^(-2/3) and forcing k^(-4/3): O(k^(-2/3))",
        recursion="a[k+1] <= (1 - 1/k**(2/3))*a[k] + gamma/k**(4/3)", given=POSITIVE, rate="k**(-2/3)",
        sharp=("exponent",),
    ),
    true(
        "geometric-with-forcing", "Polyak (1987), Lemma 2.2.1",
        "a fixed contraction with a constant forcing: the limit",
        recursion="a[k+1] == rho*a[k] + gamma", limit="gamma/(1 - rho)",
    ),
    true(
        "geometric-decay", "Polyak (1987), Lemma 2.2.1", "a fixed contraction decays geometrically",
        recursion="a[k+1] <= rho*a[k]", given=POSITIVE, rate="rho**k", sharp=("exponent",),
    ),
    true(
        "contraction-with-vanishing-forcing", "Polyak (1987), Lemma 2.2.3",
        "forcing 1/k survives a contraction by half",
        recursion="a[k+1] <= a[k]/2 + 1/k", given=POSITIVE, rate="1/k", sharp=("exponent",),
    ),
    true(
        "factors-of-a-product", "by induction: a[k] = 2 a[1]/(k (k + 1))", "factors k/(k + 2) give O(1/k^2)",
        recursion="a[k+1] == k/(k + 2)*a[k]", rate="1/k**2", sharp=("exponent",),
    ),
    true(
        "robbins-siegmund-bounded", "Robbins & Siegmund (1971), Theorem 1",
        "summable forcing keeps the sequence bounded",
        recursion="a[k+1] <= a[k] + gamma/k**2", given=POSITIVE, rate="1", sharp=("exponent",),
    ),
    true(
        "quadratic-decrease", "Nesterov (2004), proof of Theorem 2.1.14", "a decrease by c a^2 gives O(1/k)",
        recursion="a[k+1] <= a[k] - c*a[k]**2", given=POSITIVE, rate="1/k", sharp=("exponent",),
    ),
    false(
        "chung-all-beta", "against Chung (1954), Lemma 1", "O(1/k) for every beta > 0",
        recursion=CHUNG, given=POSITIVE, rate="1/k",
    ),
    false(
        "chung-half", "against Chung (1954), Lemma 1", "O(1/k) for beta = 1/2",
        recursion="a[k+1] <= (1 - 1/(2*k))*a[k] + gamma/k**2", given=POSITIVE, rate="1/k",
    ),
    false(
        "chung-critical-without-log", "against Chung (1954), Lemma 1", "O(1/k) for beta = 1",
        recursion="a[k+1] <= (1 - 1/k)*a[k] + gamma/k**2", given=POSITIVE, rate="1/k",
    ),
    false(
        "chung-without-sign", "a[k] = -k satisfies the recursion", "every sequence that satisfies it tends to 0",
        recursion=CHUNG, limit=0,
    ),
    false(
        "chung-constant-forcing", "against Polyak (1987), Lemma 2.2.1", "a constant forcing vanishes",
        recursion="a[k+1] <= rho*a[k] + gamma", given=POSITIVE, limit=0,
    ),
    false(
        "summable-forcing-vanishes", "against Robbins & Siegmund (1971)",
        "summable forcing without contraction tends to 0",
        recursion="a[k+1] <= a[k] + gamma/k**2", given=POSITIVE, limit=0,
    ),
    false(
        "power-steps-too-fast", "against Chung (1954), Lemma 4", "with steps k^(-2/3): O(1/k)",
        recursion="a[k+1] <= (1 - 1/k**(2/3))*a[k] + gamma/k**(4/3)", given=POSITIVE, rate="1/k",
    ),
    false(
        "summable-contraction", "the product of 1 - 1/(k + 1)^2 tends to 1/2",
        "summable contraction factors bring a sequence to 0",
        recursion="a[k+1] == (1 - 1/(k + 1)**2)*a[k]", limit=0,
    ),
    false(
        "geometric-too-fast", "a[k] = rho^k", "a contraction by rho gives O(rho^(2k))",
        recursion="a[k+1] <= rho*a[k]", given=POSITIVE, rate="rho**(2*k)",
    ),
)  # fmt: skip

PAPER = theme(
    "Classics: recursions",
    KNOWN,
    symbols={
        "beta": {"domain": "positive", "range": ["1/4", 3]},
        "gamma": {"domain": "positive", "range": ["1/4", 4]},
        "c": {"domain": "positive", "range": ["1/4", 4]},
        "rho": {"domain": "fraction"},
    },
)

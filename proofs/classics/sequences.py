"""Sums, products and limits that convergence proofs end with."""

from proofs.classics.known import false, theme, true

HARMONIC = "sum(1/i, i, 1, T)"
ROOTS = "sum(1/sqrt(i), i, 1, T)"

KNOWN = (
    true("harmonic-order", "Euler (1735)", "harmonic sums grow like log T", sequence=HARMONIC, same_order="log(T + 1)"),
    true("harmonic-bound", "by integration", "H_T <= 1 + log T", sequence=HARMONIC, bound="1 + log(T)",
         sharp=("constant",)),
    true("roots-order", "by integration", "sums of 1/sqrt(i) grow like sqrt(T)", sequence=ROOTS, same_order="sqrt(T)"),
    true("roots-bound", "by integration", "the sum of 1/sqrt(i) is at most 2 sqrt(T)", sequence=ROOTS,
         bound="2*sqrt(T)", sharp=("constant", "exponent")),
    true("basel", "Euler (1735)", "the sum of 1/i^2 is at most pi^2/6", sequence="sum(1/i**2, i, 1, T)",
         bound="pi**2/6", sharp=("constant",)),
    true("basel-limit", "Euler (1735)", "the sum of 1/i^2 tends to pi^2/6", sequence="sum(1/i**2, i, 1, T)",
         limit="pi**2/6"),
    true("robbins-monro-square-summable", "Robbins & Monro (1951), (6)",
         "the squares of the steps 1/k^(3/4) are summable",
         sequence="sum(1/i**(3/2), i, 1, T)", rate="1"),
    true("telescoping-sum", "by induction", "the sum of 1/(i (i + 1)) tends to 1",
         sequence="sum(1/(i*(i + 1)), i, 1, T)", limit=1),
    true("geometric-sum", "by induction", "a geometric sum is at most 1/(1 - rho)",
         sequence="sum(rho**i, i, 0, T)", bound="1/(1 - rho)", sharp=("constant",)),
    true("telescoping-product", "by induction", "the product of 1 - 1/(i + 1) is 1/(T + 1)",
         sequence="product(1 - 1/(i + 1), i, 1, T)", bound="1/(T + 1)", sharp=("constant", "exponent")),
    true("gamma-product", "Gauss (1812), on the Gamma function", "the product of 1 - 1/(2i) has the order 1/sqrt(T)",
         sequence="product(1 - 1/(2*i), i, 1, T)", same_order="1/sqrt(T)"),
    true("compound-interest", "Euler (1748)", "(1 + 1/k)^k tends to e", sequence="(1 + 1/k)**k", limit="exp(1)"),
    true("linear-convergence-horizon", "by logarithms", "(1 - 1/k)^k tends to 1/e", sequence="(1 - 1/k)**k",
         limit="exp(-1)"),
    true("logarithm-below-power", "by l'Hospital's rule", "log k grows slower than k^(1/10)",
         sequence="log(k)/k**(1/10)", limit=0),
    true("power-below-exponential", "by l'Hospital's rule", "k^2 rho^k tends to 0", sequence="k**2*rho**k", limit=0),
    true("adam-bias-correction", "by a geometric sum", "the bias correction 1 - rho^k tends to 1",
         sequence="1 - rho**k", limit=1),
    true("stretched-exponential", "by logarithms", "exp(-sqrt(k)) is O(k^-5)", sequence="exp(-sqrt(k))",
         rate="k**(-5)"),
    false("harmonic-bounded", "against Oresme (about 1350)", "harmonic sums stay bounded", sequence=HARMONIC, rate="1"),
    false("harmonic-too-small", "H_1 = 1", "H_T <= 1/2 + log T", sequence=HARMONIC, bound="1/2 + log(T)"),
    false("roots-too-small", "the sum is 2 sqrt(T) - 1.46...", "the sum of 1/sqrt(i) is at most 1.9 sqrt(T)",
          sequence=ROOTS, bound="1.9*sqrt(T)"),
    false("basel-too-small", "the sum exceeds 1.6 from T = 22 on", "the sum of 1/i^2 is at most 1.6",
          sequence="sum(1/i**2, i, 1, T)", bound="1.6"),
    false("root-steps-square-summable", "against Robbins & Monro (1951), (6)",
          "the squares of the steps 1/sqrt(k + 1) are summable", sequence="sum(1/(i + 1), i, 1, T)", rate="1"),
    false("gamma-product-too-fast", "against Gauss (1812)", "the product of 1 - 1/(2i) is O(1/T)",
          sequence="product(1 - 1/(2*i), i, 1, T)", rate="1/T"),
    false("compound-interest-diverges", "against Euler (1748)", "(1 + 1/k)^k tends to 3", sequence="(1 + 1/k)**k",
          limit=3),
    false("logarithm-above-power", "by l'Hospital's rule", "k^(1/10) is O(log k)", sequence="k**(1/10)",
          rate="log(k + 1)"),
    false("square-root-is-exponential", "by logarithms", "exp(-sqrt(k)) is O(0.9^k)", sequence="exp(-sqrt(k))",
          rate="(9/10)**k"),
)  # fmt: skip

PAPER = theme("Classics: sums, products and limits", KNOWN, symbols={"rho": "fraction"})

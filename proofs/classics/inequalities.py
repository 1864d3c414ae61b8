"""The inequalities that convergence proofs are made of."""

from proofs.classics.known import false, theme, true

KNOWN = (
    true("young", "Young (1912)", "a b <= a^2/(2c) + c b^2/2", holds="x*y <= x**2/(2*c) + c*y**2/2",
         sharp=("constant",)),
    true("arithmetic-geometric", "Cauchy (1821)", "sqrt(a b) <= (a + b)/2", holds="sqrt(a*b) <= (a + b)/2"),
    true("square-of-a-sum", "by Jensen's inequality", "(x + y)^2 <= 2 x^2 + 2 y^2",
         holds="(x + y)**2 <= 2*x**2 + 2*y**2"),
    true("peter-paul", "by Young's inequality", "(x + y)^2 <= (1 + c) x^2 + (1 + 1/c) y^2",
         holds="(x + y)**2 <= (1 + c)*x**2 + (1 + 1/c)*y**2"),
    true("jensen-two-points", "Jensen (1906)", "the square of a mean is at most the mean of the squares",
         given=["0 <= w", "w <= 1"], holds="(w*x + (1 - w)*y)**2 <= w*x**2 + (1 - w)*y**2"),
    true("cauchy-schwarz", "Cauchy (1821)", "in two dimensions", holds="(x*u + y*v)**2 <= (x**2 + y**2)*(u**2 + v**2)"),
    true("exponential", "Bernoulli (1689), in the limit", "1 - x <= exp(-x)", holds="1 - x <= exp(-x)"),
    true("logarithm", "by concavity", "log(1 + a) <= a", holds="log(1 + a) <= a"),
    true("root-of-a-sum", "by squaring", "sqrt(a + b) <= sqrt(a) + sqrt(b)", holds="sqrt(a + b) <= sqrt(a) + sqrt(b)"),
    true("descent-lemma", "Nesterov (2004), (1.2.13)", "with step at most 1/L a step decreases f by eta |g|^2/2",
         given=["eta <= 1/L", "f_next <= f - eta*s + L*eta**2/2*s"], holds="f_next <= f - eta/2*s",
         sharp=("eta <= 1/L",)),
    true("dominated-step", "Karimi, Nutini & Schmidt (2016), Theorem 1",
         "descent and gradient domination contract the gap",
         given=["f_next <= f - s/(2*L)", "s >= 2*f*mu"], holds="f_next <= (1 - mu/L)*f",
         sharp=("f_next <= f - s/(2*L)", "s >= 2*f*mu")),
    true("step-factors", "by cross-multiplication", "(L - mu)/(L + mu) <= 1 - mu/L for mu <= L",
         given=["mu <= L"], holds="(L - mu)/(L + mu) <= 1 - mu/L", sharp=("mu <= L",)),
    true("three-points", "Polyak (1987), Section 1.4", "a gradient step's squared distance, one coordinate",
         holds="(x - eta*u - y)**2 == (x - y)**2 - 2*eta*u*(x - y) + eta**2*u**2"),
    true("telescoped-average", "by the definition of a mean",
         "if the sum of k gaps is at most c, the least is at most c/k",
         given=["n*a <= b", "n >= 1", "b <= c"], holds="a <= c/n", sharp=("n*a <= b", "b <= c")),
    false("young-too-small", "x = y", "x y <= x^2/4 + y^2/4", holds="x*y <= x**2/4 + y**2/4"),
    false("square-of-a-sum-too-small", "x = y", "(x + y)^2 <= 1.9 x^2 + 1.9 y^2",
          holds="(x + y)**2 <= 1.9*x**2 + 1.9*y**2"),
    false("square-superadditive", "x = 1, y = -1", "x^2 + y^2 <= (x + y)^2", holds="x**2 + y**2 <= (x + y)**2"),
    false("exponential-reversed", "x = 1", "exp(-x) <= 1 - x", holds="exp(-x) <= 1 - x"),
    false("descent-lemma-long-step", "eta = 3/L", "any step decreases f by eta |g|^2/2",
          given=["f_next <= f - eta*s + L*eta**2/2*s"], holds="f_next <= f - eta/2*s"),
    false("jensen-without-weights", "w = 2, x = 1, y = 0", "Jensen's inequality for any w",
          holds="(w*x + (1 - w)*y)**2 <= w*x**2 + (1 - w)*y**2"),
    false("step-factors-reversed", "mu = 1, L = 2: 1/3 and 1/2", "1 - mu/L <= (L - mu)/(L + mu) for mu <= L",
          given=["mu <= L"], holds="1 - mu/L <= (L - mu)/(L + mu)"),
)  # fmt: skip

NAMES = dict.fromkeys(("x", "y", "u", "v", "w", "f", "f_next"), "real")
NAMES |= dict.fromkeys(("a", "b", "c", "eta"), "positive") | {"s": "nonnegative", "n": "natural"}

PAPER = theme("Classics: inequalities", KNOWN, symbols=NAMES)

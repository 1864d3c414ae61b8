"""Concrete quadratics: spectra, steps and motions that can be computed by hand."""

from proofs.classics.known import false, theme, true

# Hessian [[4, -2], [-2, 4]]: eigenvalues 2 and 6 along (1, 1) and (1, -1)
TILTED = {"objective": "2*x**2 + 2*y**2 - 2*x*y", "start": [1, 0]}
BOWL = {"objective": "(x**2 + 9*y**2)/2", "start": [1, 1]}
SADDLE = {"objective": "(x**2 - y**2)/2", "start": [1, 1]}

KNOWN = (
    true("tilted-eigenvalues", "Golub & Van Loan (2013), Section 8.1", "the eigenvalues are 2 and 6",
         problem="tilted", eigenvalues=[2, 6]),
    true("tilted-condition", "Golub & Van Loan (2013), Section 2.6", "the condition number is 3",
         problem="tilted", condition_number=3),
    true("tilted-determinant", "product of the eigenvalues", "the determinant is 12", problem="tilted", determinant=12),
    true("tilted-trace", "sum of the eigenvalues", "the trace is 8", problem="tilted", trace=8),
    true("bowl-constants", "Nesterov (2004), Section 2.1.3", "the bowl is 1-strongly convex",
         problem="bowl", strong_convexity=1),
    true("bowl-smoothness", "Nesterov (2004), Section 2.1.3", "the bowl is 9-smooth", problem="bowl", smoothness=9),
    true("stable-steps", "Polyak (1987), Theorem 1.4.3", "gradient descent converges exactly for 0 < eta < 2/L",
         problem="bowl", stable_steps="0 < eta < 2/9"),
    true("best-step", "Polyak (1987), Theorem 1.4.3", "the best step is 2/(L + mu)", problem="bowl", best_step="1/5"),
    true("best-contraction", "Polyak (1987), Theorem 1.4.3", "it contracts by (L - mu)/(L + mu)",
         problem="bowl", contraction={"step": "1/5", "factor": "4/5"}),
    true("above-threshold", "Polyak (1987), Section 1.4", "above 2/L gradient descent diverges from almost every start",
         problem="bowl", behaviour={"step": "eta > 2/9", "is": "diverges", "start": "almost every"}),
    true("at-threshold", "Polyak (1987), Section 1.4", "at 2/L it cycles from almost every start",
         problem="bowl", behaviour={"step": "2/9", "is": "cycles", "start": "almost every"}),
    true("saddle-escapes", "Lee, Simchowitz, Jordan & Recht (2016), Theorem 4",
         "gradient descent leaves a saddle from almost every start",
         problem="saddle", behaviour={"step": "0 < eta < 1", "is": "diverges", "start": "almost every"}),
    true("heavy-ball-stable-steps", "Polyak (1987), Theorem 3.2.1", "with momentum 1/2: exactly 0 < eta < 3/L",
         problem="bowl", method="heavy_ball", parameters={"beta": "1/2"}, stable_steps="0 < alpha < 1/3"),
    false("tilted-eigenvalues-wrong", "trace 8 is not 2 + 5", "the eigenvalues are 2 and 5",
          problem="tilted", eigenvalues=[2, 5]),
    false("stable-steps-closed", "at 2/L the iterates alternate", "2/L is allowed",
          problem="bowl", stable_steps="0 < eta <= 2/9"),
    false("stable-steps-short", "steps between 1/L and 2/L converge", "only steps below 1/L converge",
          problem="bowl", stable_steps="0 < eta < 1/9"),
    false("best-step-one-over-L", "against Polyak (1987), Theorem 1.4.3", "the best step is 1/L",
          problem="bowl", best_step="1/9"),
    false("larger-is-faster", "beyond 2/(L + mu) a larger step is slower", "a step of 0.21 is faster than 0.2",
          problem="bowl", faster={"step": "21/100", "than": "1/5"}),
    false("diverges-from-every-start", "the first axis is invariant", "above 2/L every start diverges",
          problem="bowl", behaviour={"step": "2/9 < eta < 2", "is": "diverges", "start": "every"}),
)  # fmt: skip

PAPER = theme("Classics: quadratics", KNOWN, problems={"tilted": TILTED, "bowl": BOWL, "saddle": SADDLE})

"""Section 4.10: gradient descent on two convex quadratics, and Table 4.4 on its step sizes."""

from convergence.claims import paper
from proofs.writing import claim, reading

FIRST, SECOND = "4.10.1", "4.10.2"

PAPER = paper(
    "AMGT, 4.10: two convex quadratics",
    symbols={
        "lam": {"domain": "real", "meaning": "an eigenvalue"},
        "lambda_min": {"domain": "positive", "range": ["1/2", 2]},
        "lambda_max": {"domain": "positive", "range": [2, 8]},
        "L": {"domain": "positive", "range": ["1/2", 8]},
        "D": {"domain": "positive", "range": ["1/2", 4]},
        "a": {"domain": "positive", "meaning": "a constant step size"},
    },
    problems={
        "first": {"objective": "2*x**2 + 2*y**2 - 2*x*y + 2", "start": [1, 1]},
        "second": {"objective": "x**2 + 2*y**2 - 2*x*y + 2", "start": [2, 2]},
        "any_quadratic": {"objective": "(lambda_min*x**2 + lambda_max*y**2)/2", "variables": ["x", "y"]},
    },
    claims=[
        claim(
            "amgt-092-resilience", "Abstract",
            "the experiments on quadratics show resilience: gradient descent converges over the step sizes tried, "
            "0.01 to 1",
            problem="first", behaviour={"step": "1/100 <= eta <= 1", "is": "converges", "start": "every"},
            expects="refuted",
        ),
        claim(
            "amgt-178-gradient", FIRST, "the gradient is (4x - 2y, 4y - 2x)",
            problem="first", gradient=["4*x - 2*y", "4*y - 2*x"],
            expects="proved",
        ),
        claim(
            "amgt-179a-critical-point", FIRST, "the origin is the only critical point",
            problem="first", critical_points=[[0, 0]],
            expects="proved",
        ),
        claim(
            "amgt-179b-minimiser", FIRST, "the origin is the global minimiser",
            problem="first", minimiser=[0, 0],
            expects="proved",
        ),
        claim("amgt-179c-minimum", FIRST, "the minimum is 2", problem="first", minimum=2, expects="proved"),
        claim(
            "amgt-179d-minimum-evaluated", FIRST,
            "the printed evaluation at the origin, with a coefficient lost, gives 2",
            arithmetic={"computed": "0**2 + 2*0**2 - 2*0*0 + 2", "printed": "2"},
            expects="proved",
        ),
        claim(
            "amgt-179e-positive-definite", FIRST, "the Hessian is positive definite",
            problem="first", definiteness="positive definite",
            expects="proved",
        ),
        claim(
            "amgt-180a-determinant", FIRST, "the Hessian's determinant is 12",
            problem="first", determinant=12,
            expects="proved",
        ),
        claim("amgt-180b-trace", FIRST, "the Hessian's trace is 8", problem="first", trace=8, expects="proved"),
        claim(
            "amgt-180c-determinant-evaluated", FIRST, "4*4 - (-2)(-2) is 12",
            arithmetic={"computed": "4*4 - (-2)*(-2)", "printed": "12"},
            expects="proved",
        ),
        claim(
            "amgt-180d-trace-evaluated", FIRST, "4 + 4 is 8", arithmetic={"computed": "4 + 4", "printed": "8"},
            expects="proved",
        ),
        claim(
            "amgt-180e-hessian", FIRST, "the Hessian is [[4, -2], [-2, 4]]",
            problem="first", hessian=[[4, -2], [-2, 4]],
            expects="proved",
        ),
        claim(
            "amgt-181a-eigenvalues", FIRST, "the eigenvalues are 2 and 6",
            problem="first", eigenvalues=[2, 6],
            expects="proved",
        ),
        claim(
            "amgt-181b-condition-number", FIRST, "the condition number is 3",
            problem="first", condition_number=3,
            expects="proved",
        ),
        claim(
            "amgt-181c-characteristic-equation", FIRST, "2 and 6 solve (4 - lambda)^2 = 4",
            given=["(lam - 2)*(lam - 6) == 0"], holds="(4 - lam)**2 == 4",
            expects="proved",
        ),
        claim(
            "amgt-181d-condition-number-evaluated", FIRST, "6/2 is 3", arithmetic={"computed": "6/2", "printed": "3"},
            expects="proved",
        ),
        claim(
            "amgt-182a-stable-steps", FIRST, "gradient descent converges exactly for step sizes between 0 and 1/3",
            problem="first", stable_steps="0 < eta < 1/3",
            expects="proved",
        ),
        claim(
            "amgt-182b-threshold", FIRST, "2/6 is 1/3",
            arithmetic={"computed": "2/6", "printed": "1/3"},
            expects="proved",
        ),
        claim(
            "amgt-183-small-steps", FIRST, "step sizes below 1/6 converge",
            problem="first", behaviour={"step": "0 < eta < 1/6", "is": "converges", "start": "every"},
            expects="proved",
        ),
        claim(
            "amgt-184a-larger-steps-faster", FIRST,
            "step sizes between 1/6 and 1/3 converge faster than those below 1/6",
            problem="first", faster={"step": "1/6 < eta < 1/3", "than": "0 < eta < 1/6"},
            expects="refuted",
        ),
        claim(
            "amgt-184b-larger-steps-converge", FIRST, "step sizes between 1/6 and 1/3 converge",
            problem="first", behaviour={"step": "1/6 < eta < 1/3", "is": "converges", "start": "every"},
            expects="proved",
        ),
        claim(
            "amgt-185-too-large", FIRST, "step sizes above 1/3 diverge or oscillate",
            problem="first", behaviour={"step": "eta > 1/3", "is": ["diverges", "oscillates"], "start": "every"},
            readings=[
                reading(
                    "from almost every start",
                    behaviour={"step": "eta > 1/3", "is": ["diverges", "oscillates"], "start": "almost every"},
                )
            ],
            expects="refuted",
        ),
        claim(
            "amgt-186a-step-0.01-converges", "Table 4.4", "step size 0.01 converges",
            problem="first", behaviour={"step": "0.01", "is": "converges", "start": "every"},
            expects="proved",
        ),
        claim(
            "amgt-186b-step-0.01-slow", "Table 4.4", "step size 0.01 is slower than 0.1",
            problem="first", faster={"step": "0.1", "than": "0.01"},
            expects="proved",
        ),
        claim(
            "amgt-187a-step-0.1-converges", "Table 4.4", "step size 0.1 converges",
            problem="first", behaviour={"step": "0.1", "is": "converges", "start": "every"},
            expects="proved",
        ),
        claim(
            "amgt-187b-step-0.1-moderate", "Table 4.4", "step size 0.1 is slower than 0.3",
            problem="first", faster={"step": "0.3", "than": "0.1"},
            expects="refuted",
        ),
        claim(
            "amgt-188a-step-0.3-fastest", "Table 4.4", "of the five step sizes, 0.3 converges fastest",
            problem="first", fastest={"step": "0.3", "among": ["0.01", "0.1", "0.3", "0.4", "1"]},
            readings=[
                reading(
                    "from the start (1, 1)",
                    fastest={"step": "0.3", "among": ["0.01", "0.1", "0.3", "0.4", "1"], "start": [1, 1]},
                )
            ],
            expects="refuted",
        ),
        claim(
            "amgt-188b-step-0.3-near-optimal", "Table 4.4", "the best step size, to one digit, is 0.3",
            problem="first", best_step="0.3",
            expects="proved",
        ),
        claim(
            "amgt-189-step-0.4", "Table 4.4", "step size 0.4 oscillates or diverges",
            problem="first", behaviour={"step": "0.4", "is": ["oscillates", "diverges"], "start": "every"},
            readings=[
                reading(
                    "from almost every start",
                    behaviour={"step": "0.4", "is": ["oscillates", "diverges"], "start": "almost every"},
                )
            ],
            expects="refuted",
        ),
        claim(
            "amgt-190-step-1", "Table 4.4", "step size 1 likely diverges: from almost every start",
            problem="first", behaviour={"step": "1", "is": "diverges", "start": "almost every"},
            readings=[
                reading("from every start", behaviour={"step": "1", "is": "diverges", "start": "every"})
            ],
            expects="proved",
        ),
        claim(
            "amgt-191-start-step-0.1", FIRST, "from (1, 1) with step size 0.1, both coordinates decrease steadily to 0",
            problem="first", behaviour={"step": "0.1", "is": "monotone", "start": [1, 1]},
            expects="proved",
        ),
        claim(
            "amgt-192a-start-step-0.3-faster", FIRST, "from (1, 1), step size 0.3 converges faster than 0.1",
            problem="first", faster={"step": "0.3", "than": "0.1", "start": [1, 1]},
            expects="proved",
        ),
        claim(
            "amgt-192b-start-step-0.3-direct", FIRST,
            "from (1, 1) with step size 0.3, both coordinates move directly to 0",
            problem="first", behaviour={"step": "0.3", "is": "monotone", "start": [1, 1]},
            expects="proved",
        ),
        claim(
            "amgt-193-start-step-0.5", FIRST, "from (1, 1) with step size 0.5, the iterates swing around the minimum",
            problem="first", behaviour={"step": "0.5", "is": "oscillates", "start": [1, 1]},
            expects="refuted",
        ),
        claim(
            "amgt-194-start-step-1", FIRST, "from (1, 1) with step size 1, the iterates diverge",
            problem="first", behaviour={"step": "1", "is": "diverges", "start": [1, 1]},
            expects="refuted",
        ),
        claim(
            "amgt-195-guarantee", FIRST, "a guarantee of convergence from every start needs a step size below 1/3",
            problem="first", stable_steps="0 < eta < 1/3",
            expects="proved",
        ),
        claim(
            "amgt-196-near-the-bound", FIRST,
            "step sizes near the upper bound (0.3 and more) converge faster than smaller ones (up to 1/4)",
            problem="first", faster={"step": "0.3 <= eta < 1/3", "than": "0 < eta <= 1/4"},
            expects="refuted",
        ),
        claim(
            "amgt-197-above-the-threshold", FIRST, "above the threshold 1/3 gradient descent diverges",
            problem="first", behaviour={"step": "eta > 1/3", "is": "diverges", "start": "every"},
            readings=[
                reading(
                    "from almost every start",
                    behaviour={"step": "eta > 1/3", "is": "diverges", "start": "almost every"},
                )
            ],
            expects="refuted",
        ),
        claim(
            "amgt-198a-gradient", SECOND, "the gradient is (2x - 2y, 4y - 2x)",
            problem="second", gradient=["2*x - 2*y", "4*y - 2*x"],
            expects="proved",
        ),
        claim(
            "amgt-198b-critical-point", SECOND, "the origin is the only critical point",
            problem="second", critical_points=[[0, 0]],
            expects="proved",
        ),
        claim(
            "amgt-198c-minimiser", SECOND, "the origin is the global minimiser",
            problem="second", minimiser=[0, 0],
            expects="proved",
        ),
        claim("amgt-198d-minimum", SECOND, "the minimum is 2", problem="second", minimum=2, expects="proved"),
        claim(
            "amgt-199a-leading-minors", SECOND, "the leading principal minors are 2 and 4",
            problem="second", leading_minors=[2, 4],
            expects="proved",
        ),
        claim(
            "amgt-199b-determinant", SECOND, "the Hessian's determinant is 4",
            problem="second", determinant=4,
            expects="proved",
        ),
        claim(
            "amgt-199c-positive-definite", SECOND, "the Hessian is positive definite",
            problem="second", definiteness="positive definite",
            expects="proved",
        ),
        claim(
            "amgt-199d-determinant-evaluated", SECOND, "2*4 - (-2)(-2) is 4",
            arithmetic={"computed": "2*4 - (-2)*(-2)", "printed": "4"},
            expects="proved",
        ),
        claim(
            "amgt-199e-hessian", SECOND, "the Hessian, first printing, is [[2, -2], [-2, 4]]",
            problem="second", hessian=[[2, -2], [-2, 4]],
            expects="proved",
        ),
        claim(
            "amgt-200-thousands-of-steps", SECOND,
            "with step size 0.001 from (2, 2), coming ten times closer to the minimiser takes 2000 steps or more",
            problem="second", iterations={"step": "0.001", "ratio": "1/10", "at_least": 2000, "start": [2, 2]},
            expects="proved",
        ),
        claim(
            "amgt-201a-optimal-step", SECOND, "the best constant step for a quadratic is 2/(lambda_max + lambda_min)",
            problem="any_quadratic", given=["lambda_min <= lambda_max"], best_step="2/(lambda_max + lambda_min)",
            expects="proved",
        ),
        claim(
            "amgt-201b-without-overshooting", SECOND, "at the best step, 1/3, the iterates do not overshoot",
            problem="second", behaviour={"step": "1/3", "is": "monotone", "start": "every"},
            expects="refuted",
        ),
        claim(
            "amgt-202-hessian-second-printing", SECOND, "the Hessian, second printing, is [[2, 2], [-2, 4]]",
            problem="second", hessian=[[2, 2], [-2, 4]],
            expects="refuted",
        ),
        claim(
            "amgt-203-eigenvalues", SECOND, "the eigenvalues are 1.17 and 4.83",
            problem="second", eigenvalues=["1.17", "4.83"],
            expects="refuted",
        ),
        claim(
            "amgt-204a-optimal-step-evaluated", SECOND, "2/(1.17 + 4.83) is about 0.33",
            arithmetic={"computed": "2/(1.17 + 4.83)", "printed": "0.33"},
            expects="proved",
        ),
        claim(
            "amgt-204b-optimal-step", SECOND, "the best step is about 0.33",
            problem="second", best_step="0.33",
            expects="proved",
        ),
        claim(
            "amgt-205-rapid-convergence", SECOND, "step sizes from 0.3 to 0.40 converge",
            problem="second", behaviour={"step": "0.3 <= alpha <= 0.4", "is": "converges", "start": "every"},
            expects="refuted",
        ),
        claim(
            "amgt-206-too-large", SECOND, "step sizes above 1 diverge or oscillate, from almost every start",
            problem="second",
            behaviour={"step": "alpha > 1", "is": ["diverges", "oscillates"], "start": "almost every"},
            expects="proved",
        ),
        claim(
            "amgt-207-small-steps-always-converge", SECOND,
            "a step size far below 1 (at most 1/1000) guarantees convergence on convex problems",
            method="gradient_descent", parameters={"alpha": "a"}, measure="gap",
            given=["convex", "smooth(L)", "initial_distance(D)", "deterministic", "a <= 1/1000"], limit=0,
            readings=[
                reading(
                    "small beside 1/L",
                    given=["convex", "smooth(L)", "initial_distance(D)", "deterministic", "a <= 1/L"],
                )
            ],
        ),
        claim(
            "amgt-208a-is-amgt", "Discussion of 4.10", "the method that 4.10 studies is AMGT",
            method="gradient_descent", same_method="amgt", versus="the update rule of 4.10.1",
            expects="inconsistent",
        ),
        claim(
            "amgt-208b-non-convex", "Discussion of 4.10",
            "4.10 includes a non-convex task: the second function's Hessian is indefinite",
            problem="second", definiteness="indefinite",
            expects="refuted",
        ),
        claim(
            "amgt-209-deviating", "Discussion of 4.10",
            "step sizes other than the threshold oscillate or diverge: those below 1/3",
            problem="first",
            behaviour={"step": "0 < eta < 1/3", "is": ["oscillates", "diverges"], "start": "almost every"},
            readings=[
                reading(
                    "step sizes above 1/3",
                    behaviour={"step": "eta > 1/3", "is": ["oscillates", "diverges"], "start": "almost every"},
                )
            ],
            expects="refuted",
        ),
        claim(
            "amgt-210-step-from-largest-eigenvalue", "Discussion of 4.10",
            "the largest eigenvalue alone selects a step size, 1/lambda_max, that converges without oscillation",
            problem="any_quadratic", given=["lambda_min <= lambda_max"],
            behaviour={"step": "1/lambda_max", "is": "monotone", "start": "every"},
            expects="proved",
        ),
    ],
)  # fmt: skip

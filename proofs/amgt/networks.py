"""Statements about trained networks, and about the method's merits, that data or a definition would have to decide."""

from convergence.claims import paper
from proofs.writing import claim

TRAINING = "runs of all optimizers on these data sets, with enough seeds for a test of the difference"

PAPER = paper(
    "AMGT, networks",
    claims=[
        claim(
            "amgt-090-surpasses-adam", "Abstract", "AMGT converges better than Adam",
            empirical=TRAINING,
            expects="undecided",
        ),
        claim(
            "amgt-091-validated", "Abstract; Discussion", "the experiments on quadratics validated the theory",
            empirical="experiments that run AMGT with the step 1/(mu k); those of 4.10 run gradient descent with "
            "constant steps",
            expects="undecided",
        ),
        claim(
            "amgt-093-constrained", "Abstract; Introduction", "the method is designed for constrained problems",
            empirical="an update that projects on constraints; the stated one does not",
            expects="undecided",
        ),
        claim(
            "amgt-094-quantized", "Abstract; Discussion", "quantized and sparsified updates are supported",
            empirical="a stated quantizer, and runs with it",
            expects="undecided",
        ),
        claim(
            "amgt-144-sharp-minima", "Discussion",
            "thresholding avoids sharp minima and reduces oscillation near saddle points",
            empirical="a measure of sharpness and trained networks with and without the threshold",
            expects="undecided",
        ),
        claim(
            "amgt-159-three-runs", "Experimental Setup", "three runs make the comparison reliable",
            empirical="the spread over seeds of each accuracy: with three runs a t test at 1% needs a difference of "
            "more than 3.7 standard deviations",
            expects="undecided",
        ),
        claim(
            "amgt-162-ablation", "Ablation Study",
            "without the schedule 1-2% of accuracy are lost; without the threshold training oscillates as with Adam",
            empirical=TRAINING,
            expects="undecided",
        ),
        claim(
            "amgt-174-curves", "Graphical Comparisons", "curves fall faster and smoother with AMGT", empirical=TRAINING,
            expects="undecided",
        ),
        claim(
            "amgt-175-adam-lacks-guarantees", "Discussion; Conclusions", "Adam has no convergence guarantee",
            empirical="which guarantee is meant: Adam has some with decreasing steps and bounded gradients, and "
            "diverges on some convex problems",
            expects="undecided",
        ),
        claim(
            "amgt-214-surpasses-adam-on-quadratics", "Abstract", "AMGT surpasses Adam on quadratics",
            empirical=TRAINING,
            expects="undecided",
        ),
        claim(
            "amgt-215-hard-settings", "Abstract",
            "the method is particularly effective in noisy or constrained settings",
            empirical=TRAINING,
            expects="undecided",
        ),
    ],
)  # fmt: skip

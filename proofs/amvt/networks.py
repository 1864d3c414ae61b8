"""Statements about trained networks that data would have to decide."""

from convergence.claims import paper
from proofs.writing import claim

TRAINING = "training runs of all optimizers on the same data with 20 seeds each"

PAPER = paper(
    "AMVT, networks",
    claims=[
        claim(
            "amvt-072-norm-of-weights", "5.3", "an 18% smaller norm of the weights indicates less overfitting",
            empirical="trained networks: with batch normalisation the norm of most weights does not change the "
            "function",
            expects="undecided",
        ),
        claim(
            "amvt-073-flatness", "5.8",
            "a 40% smaller largest eigenvalue of the Hessian means flatter minima, which generalise better",
            empirical="trained networks, and a measure of flatness that rescaled weights leave unchanged",
            expects="undecided",
        ),
        claim(
            "amvt-080-architectures", "5.6", "77.8 against 76.4 on ViT, perplexity 58.3 against 61.7 on an LSTM",
            empirical=TRAINING,
            expects="undecided",
        ),
        claim(
            "amvt-084-recent-methods", "5.9",
            "ahead of RAdam by 1.2% and 15%, with Lookahead 96.1%, steadier than AdaBound",
            empirical=TRAINING,
            expects="undecided",
        ),
        claim(
            "amvt-085-logistic-regression", "5.10", "O(1/sqrt(T)) was confirmed on logistic regression",
            empirical="runs on logistic regression with a fitted exponent and its interval",
            expects="undecided",
        ),
        claim(
            "amvt-087-smooth-training", "5.1; 5.5; 5.6; 5.8",
            "smoother curves, less sensitivity, steadier training, more direct paths",
            empirical=TRAINING,
            expects="undecided",
        ),
    ],
)  # fmt: skip

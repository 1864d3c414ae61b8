"""Sections 5 and 6 and the abstract: printed numbers and tables against each other."""

from convergence.claims import paper
from proofs.writing import claim, reading

TABLE, TIMES, EPOCHS = "5.2", "5.4", "5.1"
# Student's t for p < 0.01, two-sided, with 19 degrees of freedom, rounded up.
CRITICAL = "2.861"
BEST = "amvt > max(adam, adamw, sgd)"


def difference(ours: str, other: str, printed: str) -> dict[str, object]:
    """Ours minus the other, in percentage points."""
    return {"computed": "amvt - other", "printed": printed, "inputs": {"amvt": ours, "other": other}}


def saved(ours: str, other: str, printed: str) -> dict[str, object]:
    """The share of the other's time that is saved."""
    return {"computed": "1 - amvt/other", "printed": printed, "inputs": {"amvt": ours, "other": other}}


def ratio(ours: str, other: str, printed: str) -> dict[str, object]:
    """How much larger the other's time is."""
    return {"computed": "other/amvt - 1", "printed": printed, "inputs": {"amvt": ours, "other": other}}


PAPER = paper(
    "AMVT, numbers",
    claims=[
        claim(
            "amvt-000-faster-than-adam", "Abstract; 6 (3)", "23% faster than Adam, as the ratio of 54 and 42 epochs",
            arithmetic={"computed": "54/42 - 1", "printed": "23%"}, versus=EPOCHS,
            readings=[reading("as epochs saved", arithmetic={"computed": "1 - 42/54", "printed": "23%"})],
            expects="inconsistent",
        ),
        claim(
            "amvt-001-accuracy-over-adam", "Abstract", "3.2% more accuracy than Adam, in points on CIFAR-10",
            arithmetic=difference("95.8%", "93.4%", "3.2%"), versus=TABLE,
            readings=[
                reading("in points on ImageNet", arithmetic=difference("77.2%", "76.1%", "3.2%")),
                reading("in points on MNIST", arithmetic=difference("99.6%", "99.4%", "3.2%")),
                reading("relative, on CIFAR-10", arithmetic=ratio("93.4%", "95.8%", "3.2%")),
                reading("relative, on CIFAR-100", arithmetic=ratio("75.8%", "78.3%", "3.2%")),
            ],
            expects="inconsistent",
        ),
        claim(
            "amvt-002a-time-residual-networks", "Abstract",
            "31% less training time on a deep residual network, ResNet-101",
            arithmetic=saved("3.4", "4.9", "31%"), versus=TIMES,
            expects="proved",
        ),
        claim(
            "amvt-002b-time-transformers", "Abstract", "31% less training time on a transformer, ViT-B/16",
            arithmetic=saved("18.3", "24.1", "31%"), versus=TIMES,
            expects="inconsistent",
        ),
        claim(
            "amvt-003a-two-to-three-cifar-10", "6 (3)", "2-3% more accuracy than Adam on CIFAR-10",
            arithmetic=difference("95.8%", "93.4%", "2-3%"), versus=TABLE,
            expects="proved",
        ),
        claim(
            "amvt-003b-two-to-three-cifar-100", "6 (3)", "2-3% more accuracy than Adam on CIFAR-100",
            arithmetic=difference("78.3%", "75.8%", "2-3%"), versus=TABLE,
            expects="proved",
        ),
        claim(
            "amvt-003c-two-to-three-imagenet", "6 (3)", "2-3% more accuracy than Adam on ImageNet",
            arithmetic=difference("77.2%", "76.1%", "2-3%"), versus=TABLE,
            expects="inconsistent",
        ),
        claim(
            "amvt-003d-two-to-three-mnist", "6 (3)", "2-3% more accuracy than Adam on MNIST",
            arithmetic=difference("99.6%", "99.4%", "2-3%"), versus=TABLE,
            expects="inconsistent",
        ),
        claim(
            "amvt-004-time-range", "6 (4)", "24-31% less training time, over the three rows of the table",
            arithmetic={
                "computed": ["1 - a/b", "1 - c/d", "1 - e/f"],
                "printed": "24-31%",
                "inputs": {"a": "1.2", "b": "1.7", "c": "3.4", "d": "4.9", "e": "18.3", "f": "24.1"},
            },
            versus=TIMES,
            expects="proved",
        ),
        claim(
            "amvt-005-thirty-percent", "6", "30% less training time, on the average of the three rows",
            arithmetic={
                "computed": "(1 - a/b + 1 - c/d + 1 - e/f)/3",
                "printed": "30%",
                "inputs": {"a": "1.2", "b": "1.7", "c": "3.4", "d": "4.9", "e": "18.3", "f": "24.1"},
            },
            versus=TIMES,
            expects="proved",
        ),
        claim(
            "amvt-064-adam-slower", EPOCHS, "Adam with 54 epochs is 22% slower than AMVT with 42",
            arithmetic={"computed": "54/42 - 1", "printed": "22%"},
            readings=[reading("AMVT saves 22%", arithmetic={"computed": "1 - 42/54", "printed": "22%"})],
            expects="inconsistent",
        ),
        claim(
            "amvt-065-sgd-slower", EPOCHS, "SGD with 68 epochs is 38% slower than AMVT with 42",
            arithmetic={"computed": "68/42 - 1", "printed": "38%"},
            readings=[reading("AMVT saves 38%", arithmetic={"computed": "1 - 42/68", "printed": "38%"})],
            expects="inconsistent",
        ),
        claim(
            "amvt-066-fewer-iterations", EPOCHS,
            "31% fewer iterations than Adam, consistently, so also in the run of 42 against 54 epochs",
            arithmetic={"computed": "1 - 42/54", "printed": "31%"}, versus="5.1: 42 and 54 epochs",
            expects="inconsistent",
        ),
        claim(
            "amvt-067a-best-cifar-10", TABLE, "AMVT has the highest accuracy on CIFAR-10",
            comparison={"relation": BEST, "inputs": {"amvt": "95.8", "adam": "93.4", "adamw": "94.1", "sgd": "94.5"}},
            expects="proved",
        ),
        claim(
            "amvt-067b-best-cifar-100", TABLE, "AMVT has the highest accuracy on CIFAR-100",
            comparison={"relation": BEST, "inputs": {"amvt": "78.3", "adam": "75.8", "adamw": "76.4", "sgd": "76.9"}},
            expects="proved",
        ),
        claim(
            "amvt-067c-best-imagenet", TABLE, "AMVT has the highest accuracy on ImageNet",
            comparison={"relation": BEST, "inputs": {"amvt": "77.2", "adam": "76.1", "adamw": "76.5", "sgd": "76.8"}},
            expects="proved",
        ),
        claim(
            "amvt-067d-best-mnist", TABLE, "AMVT has the highest accuracy on MNIST",
            comparison={"relation": BEST, "inputs": {"amvt": "99.6", "adam": "99.4", "adamw": "99.5", "sgd": "99.4"}},
            expects="proved",
        ),
        claim(
            "amvt-068a-significant-cifar-10", TABLE,
            "p < 0.01 on CIFAR-10 against the best baseline: the paired t statistic of 20 runs, with the largest "
            "standard deviation that a difference can have",
            comparison={
                "relation": f"(amvt - sgd)*sqrt(20)/(s_amvt + s_sgd) > {CRITICAL}",
                "inputs": {"amvt": "95.8", "sgd": "94.5", "s_amvt": "0.2", "s_sgd": "0.3"},
            },
            expects="proved",
        ),
        claim(
            "amvt-068b-significant-cifar-100", TABLE, "the same on CIFAR-100",
            comparison={
                "relation": f"(amvt - sgd)*sqrt(20)/(s_amvt + s_sgd) > {CRITICAL}",
                "inputs": {"amvt": "78.3", "sgd": "76.9", "s_amvt": "0.4", "s_sgd": "0.5"},
            },
            expects="proved",
        ),
        claim(
            "amvt-069-imagenet-points", TABLE, "1.1 points over Adam on ImageNet",
            arithmetic=difference("77.2%", "76.1%", "1.1%"),
            expects="proved",
        ),
        claim(
            "amvt-070-strongest-baseline", "5.2; Abstract",
            "the improvement of 3.2% is over the strongest baseline, SGD with momentum, on CIFAR-10",
            arithmetic=difference("95.8%", "94.5%", "3.2%"), versus="5.2: SGD with momentum is ahead of Adam",
            expects="inconsistent",
        ),
        claim(
            "amvt-071a-smallest-gap", "5.3", "AMVT has the smallest generalisation gap on CIFAR-10",
            comparison={
                "relation": "amvt < min(adam, adamw, sgd)",
                "inputs": {"amvt": "2.3", "adam": "4.1", "adamw": "3.2", "sgd": "2.8"},
            },
            expects="proved",
        ),
        claim(
            "amvt-071b-possible-training-accuracy", "5.3",
            "test accuracy and gap add up to at most 100% for every optimizer",
            comparison={
                "relation": "max(95.8 + amvt, 93.4 + adam, 94.1 + adamw, 94.5 + sgd) <= 100",
                "inputs": {"amvt": "2.3", "adam": "4.1", "adamw": "3.2", "sgd": "2.8"},
            },
            expects="proved",
        ),
        claim(
            "amvt-074a-speedup-resnet-50", TIMES, "29%, as time saved",
            arithmetic=saved("1.2", "1.7", "29%"),
            readings=[reading("as a ratio of speeds", arithmetic=ratio("1.2", "1.7", "29%"))],
            expects="proved",
        ),
        claim(
            "amvt-074b-speedup-resnet-101", TIMES, "31%, as time saved",
            arithmetic=saved("3.4", "4.9", "31%"),
            readings=[reading("as a ratio of speeds", arithmetic=ratio("3.4", "4.9", "31%"))],
            expects="proved",
        ),
        claim(
            "amvt-074c-speedup-vit", TIMES, "24%, as time saved",
            arithmetic=saved("18.3", "24.1", "24%"),
            readings=[reading("as a ratio of speeds", arithmetic=ratio("18.3", "24.1", "24%"))],
            expects="proved",
        ),
        claim(
            "amvt-075-time-from-epochs", "5.4; 5.1", "42 for 54 epochs, each 5% to 7% longer, take 29% less time",
            arithmetic={
                "computed": ["1 - 42/54*(1 + low)", "1 - 42/54*(1 + high)"],
                "printed": "29%",
                "inputs": {"low": "5%", "high": "7%"},
            },
            versus=EPOCHS,
            expects="inconsistent",
        ),
        claim(
            "amvt-076a-memory", "5.4", "less than 2% more memory than Adam, in all",
            empirical="measured memory: the share of activations, which the number of states does not tell",
            expects="undecided",
        ),
        claim(
            "amvt-076b-optimizer-state", "5.4; 5.11",
            "three states for each parameter are less than 2% more than Adam's two",
            arithmetic={"computed": "3/2 - 1", "printed": "<2%"}, versus="Algorithm 1: m, v and s",
            expects="inconsistent",
        ),
        claim(
            "amvt-077-state-over-sgd", "5.11 (3)", "three states are about 50% more than the one of SGD with momentum",
            arithmetic={"computed": "3/1 - 1", "printed": "~50%"}, versus="Algorithm 1: m, v and s",
            readings=[reading("than the two of Adam", arithmetic={"computed": "3/2 - 1", "printed": "~50%"})],
            expects="inconsistent",
        ),
        claim(
            "amvt-078-orders-of-magnitude", "5.5", "from 1e-4 to 1e-2 are two orders of magnitude",
            arithmetic={"computed": "(1/100)/(1/10000)", "printed": "100"},
            expects="proved",
        ),
        claim(
            "amvt-079-small-batches", "5.5; 5.11",
            "the batch size below which accuracy degrades is the same in both places",
            comparison={"relation": "first == second", "inputs": {"first": "32/1", "second": "16/1"}},
            versus="5.11 (1): below 16",
            expects="inconsistent",
        ),
        claim(
            "amvt-081a-variance-tracking", "5.7", "variance tracking: +0.8 over Adam",
            arithmetic=difference("94.2%", "93.4%", "0.8%"),
            expects="proved",
        ),
        claim(
            "amvt-081b-adaptive-rate", "5.7", "adaptive learning rate: +1.7 over Adam",
            arithmetic=difference("95.1%", "93.4%", "1.7%"),
            expects="proved",
        ),
        claim(
            "amvt-081c-all-components", "5.7", "all components: +2.4 over Adam",
            arithmetic=difference("95.8%", "93.4%", "2.4%"),
            expects="proved",
        ),
        claim(
            "amvt-082-contributed-most", "5.7", "the adaptive learning rate contributed most of the three increments",
            comparison={
                "relation": "rate - tracking > max(tracking - adam, everything - rate)",
                "inputs": {"adam": "93.4", "tracking": "94.2", "rate": "95.1", "everything": "95.8"},
            },
        ),
        claim(
            "amvt-083a-tracking-alone", "5.7; Algorithm 1", "Adam that tracks the variance and does not use it is Adam",
            method={
                "parameters": {
                    "alpha": "1/1000", "beta1": "9/10", "beta2": "999/1000", "beta3": "99/100", "epsilon": "1e-8",
                },
                "state": {"m": 0, "v": 0, "s": 0},
                "update": {
                    "m": "beta1*m + (1 - beta1)*g",
                    "v": "beta2*v + (1 - beta2)*g**2",
                    "s": "beta3*s + (1 - beta3)*(g - m)**2",
                },
                "step": "alpha*(m/(1 - beta1**t))/(sqrt(v/(1 - beta2**t)) + epsilon)",
            },
            same_method="adam",
            expects="proved",
        ),
        claim(
            "amvt-083b-tracking-alone-gains", "5.7",
            "variance tracking alone gains 0.8 points, although it leaves Adam's iterates as they are",
            arithmetic={"computed": "0", "printed": "0.8"},
            versus="Algorithm 1 (h): the variance acts through the learning rate only",
            expects="inconsistent",
        ),
        claim(
            "amvt-086-gradient-norm", "5.10",
            "a gradient norm of the order 1/sqrt(T) agrees with Property 2, the root of 1/T",
            sequence="sqrt(1/T)", same_order="1/sqrt(T)", versus="3.3 Property 2",
            readings=[reading("the root of 1/sqrt(T)", sequence="sqrt(1/sqrt(T))", same_order="1/sqrt(T)")],
            expects="proved",
        ),
    ],
)  # fmt: skip

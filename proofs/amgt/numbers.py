"""Section 4: printed numbers, tables, and costs, against each other."""

from convergence.claims import paper
from proofs.writing import claim, reading

COST, TABLE = "Resource Utilization and Efficiency", "Table 4.3"

PAPER = paper(
    "AMGT, numbers",
    symbols={
        "n": {"domain": "natural", "meaning": "number of parameters"},
        "c": {"domain": "positive", "meaning": "operations of Adam per parameter"},
        "tau": {"domain": "positive", "range": ["1/20", "1/10"], "meaning": "threshold"},
    },
    claims=[
        claim(
            "amgt-157-same-hyperparameters", "Datasets and Models",
            "hyperparameters are the same for all optimizers: the initial learning rates of AMGT and of SGD",
            comparison={"relation": "amgt == sgd", "inputs": {"amgt": "1/1000", "sgd": "1/100"}},
            versus="Experimental Setup: 1e-3 for Adam and AMGT, 1e-2 for SGD and RMSProp",
            expects="inconsistent",
        ),
        claim(
            "amgt-158-imagenet-subset", "Table 4.1",
            "1.2 million images are a proper subset of ImageNet, which has 1,281,167",
            comparison={"relation": "subset < 1281167", "inputs": {"subset": "1.2e6"}},
            expects="proved",
        ),
        claim(
            "amgt-160a-best-mnist", "Table 4.2", "AMGT has the highest accuracy on MNIST",
            comparison={
                "relation": "amgt > max(sgd, rmsprop, adam)",
                "inputs": {"amgt": "99.2", "sgd": "98.7", "rmsprop": "98.9", "adam": "99.0"},
            },
            expects="proved",
        ),
        claim(
            "amgt-160b-best-cifar", "Table 4.2", "AMGT has the highest accuracy on CIFAR-10",
            comparison={
                "relation": "amgt > max(sgd, rmsprop, adam)",
                "inputs": {"amgt": "87.3", "sgd": "83.1", "rmsprop": "85.0", "adam": "86.2"},
            },
            expects="proved",
        ),
        claim(
            "amgt-160c-best-imagenet", "Table 4.2", "AMGT has the highest accuracy on ImageNet",
            comparison={
                "relation": "amgt > max(sgd, rmsprop, adam)",
                "inputs": {"amgt": "77.0", "sgd": "73.4", "rmsprop": "74.1", "adam": "75.6"},
            },
            expects="proved",
        ),
        claim(
            "amgt-160d-most-stable", "Table 4.2", "AMGT has the least deviation",
            comparison={
                "relation": "amgt < min(sgd, rmsprop, adam)",
                "inputs": {"amgt": "0.006", "sgd": "0.014", "rmsprop": "0.012", "adam": "0.009"},
            },
            expects="proved",
        ),
        claim(
            "amgt-163-faster-and-fewer", "Results and Discussion; Resource Utilization",
            "18% faster loss reduction is 18% fewer epochs, faster being the ratio of speeds",
            arithmetic={"computed": "1 - 1/(1 + s)", "printed": "18%", "inputs": {"s": "18%"}},
            versus="Resource Utilization: up to 18% fewer epochs",
            readings=[
                reading(
                    "faster being less time", arithmetic={"computed": "s", "printed": "18%", "inputs": {"s": "18%"}},
                )
            ],
            expects="inconsistent",
        ),
        claim(
            "amgt-164a-cost-per-step", "Time Complexity",
            "three operations of O(n) and one of O(1) are O(n), k standing for n",
            sequence="3*k + 1", rate="k",
            expects="proved",
        ),
        claim(
            "amgt-164b-total-cost", "Time Complexity", "T iterations of that cost are O(nT)", sequence="(3*n + 1)*T",
            rate="n*T",
            expects="proved",
        ),
        claim(
            "amgt-165-cost-of-threshold", TABLE, "thresholding n parameters (k standing for n) costs O(tau)",
            sequence="k", rate="tau", versus="Time Complexity: thresholding costs O(n)",
            expects="inconsistent",
        ),
        claim(
            "amgt-166-time-per-epoch", "Time Complexity", "an epoch on CIFAR-10 takes 1.8-3.2% longer than with Adam",
            arithmetic={"computed": "amgt/adam - 1", "printed": "1.8-3.2%", "inputs": {"amgt": "32.5", "adam": "29.8"}},
            versus=TABLE,
            expects="inconsistent",
        ),
        claim(
            "amgt-167a-overhead-over-adam", "below Table 4.3", "the overhead over Adam is 5-10%",
            arithmetic={"computed": "amgt/adam - 1", "printed": "5-10%", "inputs": {"amgt": "32.5", "adam": "29.8"}},
            versus=TABLE,
            expects="proved",
        ),
        claim(
            "amgt-167b-overhead-over-amsgrad", "below Table 4.3", "the overhead over AMSGrad is 5-10%",
            arithmetic={
                "computed": "amgt/amsgrad - 1", "printed": "5-10%", "inputs": {"amgt": "32.5", "amsgrad": "30.4"},
            },
            versus=TABLE,
            expects="proved",
        ),
        claim(
            "amgt-167c-two-overheads", "below Table 4.3", "the overhead of 1.8-3.2% is the one of 5-10%",
            comparison={"relation": "most >= least", "inputs": {"most": "3.2%", "least": "5%"}},
            versus="Time Complexity: 1.8-3.2%",
            expects="inconsistent",
        ),
        claim(
            "amgt-168a-less-time", COST, "18% fewer epochs that take 1.8% to 3.2% longer give 12-15% less time",
            arithmetic={
                "computed": ["1 - (1 - e)*(1 + low)", "1 - (1 - e)*(1 + high)"],
                "printed": "12-15%",
                "inputs": {"e": "18%", "low": "1.8%", "high": "3.2%"},
            },
            versus="Time Complexity: 1.8-3.2% per epoch",
            readings=[
                reading(
                    "up to 18%, with the least overhead: no less than the 15% that are stated",
                    comparison={
                        "relation": "1 - (1 - e)*(1 + low) >= p",
                        "inputs": {"e": "18%", "low": "1.8%", "p": "15%"},
                    },
                )
            ],
            expects="inconsistent",
        ),
        claim(
            "amgt-168b-less-time-by-table", COST,
            "18% fewer epochs with the times per epoch of Table 4.3 give 12-15% less time",
            arithmetic={
                "computed": "1 - (1 - e)*amgt/adam",
                "printed": "12-15%",
                "inputs": {"e": "18%", "amgt": "32.5", "adam": "29.8"},
            },
            versus=TABLE,
            expects="inconsistent",
        ),
        claim(
            "amgt-169a-fifteen-percent", "Graphical Comparisons D; Conclusions",
            "15% less training time is within 12-15%",
            arithmetic={"computed": "p", "printed": "12-15%", "inputs": {"p": "15%"}}, versus=COST,
            expects="proved",
        ),
        claim(
            "amgt-169b-fewer-epochs-needed", "Graphical Comparisons D; Conclusions",
            "15% less time on CIFAR-10 with the times of Table 4.3 needs 18% fewer epochs",
            arithmetic={
                "computed": "1 - (1 - p)*adam/amgt",
                "printed": "18%",
                "inputs": {"p": "15%", "amgt": "32.5", "adam": "29.8"},
            },
            versus="Resource Utilization: up to 18% fewer epochs (on ImageNet)",
            expects="inconsistent",
        ),
        claim(
            "amgt-170a-memory", "Memory Complexity", "4n against 3n elements is about 33% more",
            arithmetic={"computed": "4/3 - 1", "printed": "~33%"},
            expects="proved",
        ),
        claim(
            "amgt-170b-auxiliary-memory", "Memory Complexity",
            "two moments and a mask against two moments, the auxiliary memory without the parameters, are about 33% "
            "more",
            arithmetic={"computed": "3/2 - 1", "printed": "~33%"}, versus="Memory Complexity: the list of vectors",
            expects="inconsistent",
        ),
        claim(
            "amgt-171-memory-of-mask", TABLE,
            "AMGT's memory exceeds Adam's by one number of 4 bytes for each of ResNet-18's 11.2 million parameters",
            arithmetic={
                "computed": "(amgt - adam)/(4*n/1000000)",
                "printed": "1",
                "inputs": {"amgt": "1560", "adam": "1470", "n": "1.12e7"},
            },
            versus="Memory Complexity: one mask of size n",
            expects="inconsistent",
        ),
        claim(
            "amgt-172-fewer-operations", COST,
            "n additional comparisons reduce the number of operations below Adam's c n",
            holds="c*n + n < c*n", versus="Time Complexity: thresholding is an additional operation of O(n)",
            expects="inconsistent",
        ),
    ],
)  # fmt: skip

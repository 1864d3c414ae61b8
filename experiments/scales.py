"""What is run: tasks (data, net, length), learning rates, seeds; `paper` is what the papers' own scale would need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from convergence.learning import Data, Plan, load_data, model_for
from convergence.learning.models import Model
from convergence.methods.schedules import cosine

RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0)
"""The common grid: every method gets the same learning rates, so that each has the same budget."""

PAPERS_NEED = (
    "ImageNet (150 GB, to be fetched by hand), CIFAR-10 and CIFAR-100, and GPUs for about 20 x 8 trainings each"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A net on a data set.

    Attributes:
        name: in tables and folders.
        data, model, width: as `load_data` and `model_for` take them.
        epochs, batch: of each training; the step size follows half a cosine to 0, for every method.
        target: validation accuracy whose epoch is recorded, chosen before any run: what is called solved there.
        together: whether all seeds train at once, which small nets do.
        curvature: training examples over which the Hessian is taken.
        pairs: the column of the tables whose equal values make runs belong together.
    """

    name: str
    data: str
    model: str
    width: float = 1.0
    epochs: int = 20
    batch: int = 64
    target: float = 0.95
    together: bool = True
    curvature: int = 1000
    pairs: str = "seed"

    def loaded(self) -> Data:
        """The data."""
        return load_data(self.data)

    def net(self, data: Data) -> Model:
        """The net, from a seed."""
        return model_for(self.model, data, width=self.width)

    def plan(self, data: Data) -> Plan:
        """What each training does."""
        steps = Plan(epochs=self.epochs, batch=self.batch).total(len(data.train))
        return Plan(epochs=self.epochs, batch=self.batch, schedule=cosine(1, 0, steps))

    @property
    def words(self) -> str:
        """The task for readers."""
        width = f" of width {self.width:g}" if self.width != 1 else ""
        return f"{self.data}, {self.model}{width}, {self.epochs} epochs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Tasks, methods, learning rates and seeds of one size of experiment."""

    tasks: tuple[Task, ...]
    methods: tuple[str, ...]
    rates: tuple[float, ...] = RATES
    tuning_seeds: int = 3
    seeds: int = 20


DIGITS = Task(name="digits-mlp", data="digits", model="mlp", width=0.25, epochs=12, target=0.92, curvature=400)
LOGISTIC = Task(name="digits-logistic", data="digits", model="logistic", epochs=8, target=0.92, curvature=400)
FEW = ("adam", "amvt", "amgt", "amgt_clip", "amgt_scaled", "momentum", "rmsprop", "radam")
ALL = (*FEW, "amvt_algorithm1", "nesterov", "adagrad", "adamw", "amsgrad", "adabelief", "adabound", "lookahead")

SCALES: Mapping[str, Scale] = {
    "tiny": Scale(
        tasks=(Task(name="digits-mlp", data="digits", model="mlp", width=0.05, epochs=4, target=0.3),),
        methods=("adam", "amvt", "amgt"),
        rates=(1e-3, 1e-2),
        tuning_seeds=1,
        seeds=3,
    ),
    "audit": Scale(tasks=(DIGITS, LOGISTIC), methods=FEW, rates=RATES[2:], tuning_seeds=2),
    "small": Scale(
        tasks=(
            Task(name="digits-mlp", data="digits", model="mlp", epochs=30),
            LOGISTIC,
            Task(name="digits-lenet5", data="digits", model="lenet5", epochs=20, together=False),
            Task(name="mnist5000-mlp", data="mnist5000", model="mlp", epochs=20),
        ),
        methods=ALL,
    ),
    "paper": Scale(
        tasks=(
            Task(name="mnist-cnn", data="mnist", model="cnn", epochs=50, batch=128, target=0.99, together=False),
            Task(
                name="cifar10-resnet18", data="cifar10", model="resnet18", epochs=100, batch=128, target=0.9,
                together=False,
            ),
            Task(
                name="cifar100-resnet50", data="cifar100", model="resnet50", epochs=100, batch=128, target=0.7,
                together=False,
            ),
        ),
        methods=ALL,
    ),
}  # fmt: skip

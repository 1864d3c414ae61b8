"""Training nets with any rule, for real: models, data, one loop, ensembles of small nets; importing it loads torch."""

from __future__ import annotations

from convergence.learning.augmentation import CropsAndFlips as CropsAndFlips
from convergence.learning.data import Data as Data
from convergence.learning.data import InMemory as InMemory
from convergence.learning.ensembles import Lane as Lane
from convergence.learning.ensembles import train_ensemble as train_ensemble
from convergence.learning.models import MODELS as MODELS
from convergence.learning.models import Model as Model
from convergence.learning.models import build as build
from convergence.learning.models import model_for as model_for
from convergence.learning.models import parameter_count as parameter_count
from convergence.learning.plan import Plan as Plan
from convergence.learning.records import Ending as Ending
from convergence.learning.records import Run as Run
from convergence.learning.records import write_runs as write_runs
from convergence.learning.sources import DATA as DATA
from convergence.learning.sources import load_data as load_data
from convergence.learning.training import default_device as default_device
from convergence.learning.training import train as train

"""Ensembles of runs: many lanes at once, streams keyed by what a run is, measures that are exact over all steps."""

from convergence.simulation.groups import Group
from convergence.simulation.online import OnlineGroup, simulate_online
from convergence.simulation.records import recorded_steps
from convergence.simulation.runs import simulate, warm
from convergence.simulation.trace import Reason, Stop, Trace

__all__ = ["Group", "OnlineGroup", "Reason", "Stop", "Trace", "recorded_steps", "simulate", "simulate_online", "warm"]

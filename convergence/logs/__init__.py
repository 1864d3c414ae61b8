"""Reading the logs that other people's training programs leave."""

from convergence.logs.reading import Group, Log, read_logs
from convergence.logs.runs import Run, aligned, ending_together

__all__ = ["Group", "Log", "Run", "aligned", "ending_together", "read_logs"]

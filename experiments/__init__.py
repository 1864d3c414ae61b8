"""Runs of the methods on concrete problems, written as logs that ``convergence fit`` reads."""

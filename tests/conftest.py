"""Settings of the whole suite."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

# Last, so that the package under test stays the installed one: experiments/ is content of the checkout.
sys.path.append(str(Path(__file__).resolve().parents[1]))

# The same examples in every run of the continuous integration; new ones everywhere else.
settings.register_profile(
    "suite",
    deadline=None,
    database=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

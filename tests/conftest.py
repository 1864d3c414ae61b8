"""Settings of the whole suite."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

settings.register_profile("ci", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")

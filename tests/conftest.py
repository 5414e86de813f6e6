"""Settings every test shares: the Hypothesis profiles, and the table of times."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.times"]

# `make test` must judge one commit the same way twice, so the default draws no new examples;
# the slow lane does (QC_HYPOTHESIS=slow).
_COMMON_SUPPRESSED = (HealthCheck.too_slow,)  # two shared cores: slowness is not a finding

settings.register_profile(
    "default",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=_COMMON_SUPPRESSED,
)
settings.register_profile(
    "slow",
    derandomize=False,
    deadline=None,
    max_examples=2_000,
    print_blob=True,
    suppress_health_check=_COMMON_SUPPRESSED,
)
settings.load_profile(os.environ.get("QC_HYPOTHESIS", "default"))

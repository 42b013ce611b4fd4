"""Settings for the whole test suite: how hard Hypothesis tries, and that no planted secret is shown.

`HYPOTHESIS_PROFILE` names a profile; without it, CI gets the long reproducible one.
"""

from __future__ import annotations

import os

from hypothesis import settings

from tests.planted import (  # noqa: F401 - hooks of the session
    pytest_collectreport,
    pytest_runtest_logreport,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_warning_recorded,
)

# No deadlines: a loaded machine is not a wrong answer.
settings.register_profile("default", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=15)
settings.register_profile("ci", deadline=None, max_examples=300, derandomize=True, print_blob=True)

settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE")
    or ("ci" if os.environ.get("CI", "").lower() in {"1", "true"} else "default")
)

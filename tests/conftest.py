"""Settings for the whole test suite: how hard Hypothesis tries.

`HYPOTHESIS_PROFILE` names a profile; without it, CI gets the long reproducible one.
"""

from __future__ import annotations

import os

from hypothesis import settings

# No deadlines: a loaded machine is not a wrong answer.
settings.register_profile("default", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=25)
settings.register_profile("ci", deadline=None, max_examples=300, derandomize=True, print_blob=True)

settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE")
    or ("ci" if os.environ.get("CI", "").lower() in {"1", "true"} else "default")
)

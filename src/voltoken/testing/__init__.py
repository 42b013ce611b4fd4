"""Stand-ins for integrators and their tests. Nothing in the product imports them.

``FakeModule`` is a whole security module that keeps NOTHING: no file, no journal, no secrets worth the name.
``ThrottledModule`` and ``DyingModule`` go around any module and make it as slow, or as mortal, as real ones
are. All are deterministic: time, sleep and chance are given to them.
"""

from voltoken.testing.fake import FakeModule, sample_key
from voltoken.testing.modules import Death, Dies, DyingModule, ThrottledModule, at_calls, every

__all__ = ["Death", "Dies", "DyingModule", "FakeModule", "ThrottledModule", "at_calls", "every", "sample_key"]

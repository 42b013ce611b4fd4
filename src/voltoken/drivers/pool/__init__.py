"""Several security modules behind one port, with failover that never makes a second token.

``ModulePool`` is the port. What it decides stands in ``placement`` as plain values and functions; the other
files remember which module is how and has what, and do the bookkeeping around every call.
"""

from voltoken.drivers.pool.modules import ModulePool
from voltoken.drivers.pool.placement import Breaker

__all__ = ["Breaker", "ModulePool"]

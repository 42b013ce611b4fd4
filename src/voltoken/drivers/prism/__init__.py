"""PrismToken over Thrift, both sides: other modules as ours, and ours for other people's clients.

``PrismModule`` is a security module that is reached over the wire; ``PrismHandler`` behind a ``Listener``
is the other end of it. Both speak version 1.1 of the interface, in frames of strict binary messages over TLS,
and neither trusts what comes: every message is walked, every field is checked, every answer is compared with
what was asked for. Needs the extra ``prism``.

What public descriptions leave open is decided here and marked unverified where it stands: the value of a
management token on the wire, and where the target of a first key change is written.
"""

from voltoken.drivers.prism.client import PrismModule
from voltoken.drivers.prism.connection import PORT, Address, Patience
from voltoken.drivers.prism.idl import API_VERSION
from voltoken.drivers.prism.link import PrismSettings
from voltoken.drivers.prism.listener import Bounds, Listener, Peer
from voltoken.drivers.prism.server import CheckPassword, ModuleFor, PrismHandler
from voltoken.drivers.prism.serving import Serving
from voltoken.drivers.prism.sessions import SessionBounds
from voltoken.drivers.prism.tids import TIDBook
from voltoken.drivers.prism.tls import Identity, Trust, server_context

__all__ = [
    "API_VERSION",
    "Address",
    "Bounds",
    "CheckPassword",
    "Identity",
    "Listener",
    "ModuleFor",
    "PORT",
    "Patience",
    "Peer",
    "PrismHandler",
    "PrismModule",
    "PrismSettings",
    "Serving",
    "SessionBounds",
    "TIDBook",
    "Trust",
    "server_context",
]

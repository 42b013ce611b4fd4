"""Key changes as the interface can ask for them; what it cannot say is refused before anything is sent."""

from __future__ import annotations

from typing import Any, Final

from voltoken.drivers.prism.idl import interface
from voltoken.drivers.prism.wire import config_of
from voltoken.errors import ModuleRefused
from voltoken.security import InitialKeyChangeRequest, KeyChangeRequest, KeyRegister, refuse
from voltoken.sts import EA

UNSUPPORTED: Final = "prism.unsupported"
"""The refusal of what the interface has no words for."""
_SIZES: Final = {EA.STA: (2, 3), EA.MISTY1: (4,)}


def leads_over(old: KeyRegister, new: KeyRegister) -> bool:
    """Whether a change between these keys makes the meter forget its TIDs: the base date moves on."""
    return new.base_date.instant > old.base_date.instant


def change_arguments(request: KeyChangeRequest, old: KeyRegister, new: KeyRegister) -> dict[str, Any]:
    """Return the arguments of the call that asks for a key change.

    old, new: what is known of both keys. Of all that PrismToken may change by itself, only the third token
    is allowed, and that when it is asked for.
    Raises ModuleRefused for a roll-over within a base date, for mixed sections, and for another count of
    tokens than the algorithm has.
    """
    if request.roll_over and not leads_over(old, new):
        raise ModuleRefused(
            UNSUPPORTED,
            "PrismToken rolls a meter over only when the base date moves on. Choose a new key with a later "
            "base date, or a module that is reached in another way.",
        )
    if request.sections:
        raise ModuleRefused(UNSUPPORTED, "PrismToken cannot change a key that is mixed of two sets.")
    sizes = _SIZES.get(request.meter.ea, ())
    if request.tokens not in sizes:
        allowed = " or ".join(map(str, sizes)) or "no"
        raise refuse(
            "change.tokens",
            request.request_id,
            ea=request.meter.ea.value,
            allowed=allowed,
            tokens=request.tokens,
        ).error()
    config = config_of(request.meter, request.key, request.meter.ken or old.ken)
    config.allow3Kct = request.tokens == 3
    target = interface().make(
        "MeterConfigAmendment",
        toSgc=int(request.new_key.sgc),
        toKrn=int(request.new_key.krn),
        toTi=int(request.new_ti),
    )
    if isinstance(request, InitialKeyChangeRequest):
        config.newConfig = target
        return {"meterConfig": config}
    return {"meterConfig": config, "newConfig": target}

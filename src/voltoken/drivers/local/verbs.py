"""Everything that can be done through the administration door, by its word; documents travel in base64."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voltoken.drivers.journal import read_register, register_document
from voltoken.drivers.local.module import LocalModule
from voltoken.errors import HIDDEN, FieldError, JournalError
from voltoken.security import KeyRef
from voltoken.security.keyload import write_trust


@dataclass(frozen=True, slots=True)
class Call:
    """A request and who made it."""

    module: LocalModule
    request: Mapping[str, Any]
    by: str

    def text(self, name: str) -> str:
        """Return a text of the request. Raises FieldError."""
        value = self.request.get(name)
        if not isinstance(value, str):
            raise FieldError(name, None, "given as a text")
        return value

    def data(self, name: str) -> bytes:
        """Return bytes of the request, in base64 there. Raises FieldError."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except ValueError:
            raise FieldError(name, HIDDEN, "bytes in base64") from None

    def ref(self, text: object) -> KeyRef:
        """Return the name of a key. Raises FieldError without what was given: it may be a secret there."""
        try:
            return KeyRef.parse(text if isinstance(text, str) else "")
        except FieldError as error:
            raise FieldError("key", HIDDEN, error.allowed) from None


def _status(call: Call) -> Mapping[str, Any]:
    info, status = call.module.info(), call.module.status()
    return {
        "module_id": info.module_id,
        "kind": info.kind.value,
        "role": info.role.value,
        "firmware": info.firmware,
        "notice": info.notice,
        "sta_tables": info.sta_tables,
        "measures": dict(info.measures),
        "state": status.state,
        "now": status.now.isoformat(),
        "issued": status.issued,
        "alerts": list(status.alerts),
    }


def _unseal(call: Call) -> Mapping[str, Any]:
    found = call.module.keeper.unseal(call.text("offered"), by=call.by)
    return {"have": found.have, "need": found.need, "unsealed": found.done}


def _seal(call: Call) -> Mapping[str, Any]:
    call.module.keeper.seal(by=call.by)
    return {"sealed": True}


def _keys(call: Call) -> Mapping[str, Any]:
    keeper = call.module.keeper
    owners = keeper.brought_keys()
    return {
        "keys": [
            register_document(one)
            | {"centre": owners.get(one.ref), "units_made": used.units, "money_made": used.money}
            for one, used in keeper.list_keys()
        ],
        "revoked": [
            register_document(one.register) | {"centre": one.centre} for one in keeper.revoked_keys()
        ],
    }


def _load(call: Call) -> Mapping[str, Any]:
    try:
        register = read_register(json.dumps(call.request.get("register")))
    except (JournalError, RecursionError):
        raise FieldError(
            "register", HIDDEN, "what is known of a key, with the members that keys has"
        ) from None
    texts = call.request.get("components")
    try:
        components = [bytes.fromhex(one) for one in texts]  # type: ignore[union-attr]
    except (TypeError, ValueError):
        raise FieldError("components", None, "given as texts of hexadecimal digits") from None
    loaded = call.module.keeper.load_key(register, components, by=call.by)
    return {"key": register_document(loaded)}


def _delete(call: Call) -> Mapping[str, Any]:
    ref = call.ref(call.text("key"))
    call.module.keeper.delete_key(ref, by=call.by, reason=call.text("reason"))
    return {"deleted": str(ref)}


def _approve(call: Call) -> Mapping[str, Any]:
    request_id, until = call.text("request_id"), call.text("until")
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        raise FieldError("until", HIDDEN, "a time such as 2026-11-21T12:00:00+00:00") from None
    request_hash, reason = call.text("request_hash"), call.text("reason")
    call.module.keeper.approve(request_id, request_hash, moment, by=call.by, reason=reason)
    return {"approved": request_id}


def _zeroise(call: Call) -> Mapping[str, Any]:
    call.module.keeper.zeroise(by=call.by, reason=call.text("reason"))
    return {"zeroised": True}


def _identity(call: Call) -> Mapping[str, Any]:
    return {"document": _text(call.module.keeper.identity())}


def _prove(call: Call) -> Mapping[str, Any]:
    return {"document": _text(call.module.keeper.prove(call.data("challenge"), by=call.by))}


def _trusted(call: Call) -> Mapping[str, Any]:
    return {"document": _text(write_trust(call.module.keeper.trusted()))}


def _trust(call: Call) -> Mapping[str, Any]:
    found = call.module.keeper.set_trust(call.data("document"), by=call.by)
    return {"document": _text(write_trust(found))}


def _request(call: Call) -> Mapping[str, Any]:
    names = call.request.get("keys")
    if not isinstance(names, list):
        raise FieldError("keys", None, "given as a list of names such as 123456/1")
    wanted = [call.ref(name) for name in names]
    return {"document": _text(call.module.keeper.begin_key_load(call.text("centre"), wanted, by=call.by))}


def _load_file(call: Call) -> Mapping[str, Any]:
    return {"receipt": _text(call.module.keeper.load_key_file(call.data("file"), by=call.by))}


def _text(document: bytes) -> str:
    return base64.b64encode(document).decode("ascii")


VERBS: Final[Mapping[str, Callable[[Call], Mapping[str, Any]]]] = {
    "status": _status,
    "unseal": _unseal,
    "seal": _seal,
    "keys": _keys,
    "load": _load,
    "delete": _delete,
    "approve": _approve,
    "zeroise": _zeroise,
    "identity": _identity,
    "prove": _prove,
    "trusted": _trusted,
    "trust": _trust,
    "request": _request,
    "load_file": _load_file,
}
"""Everything that can be done through the door."""

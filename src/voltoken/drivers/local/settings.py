"""The settings file of a module, ``module.toml``: read whole, checked whole, and never guessed at.

Every table and every name in it is known, or the file is refused with the place of the fault. What may be
left out has the cautious value: no client, no act, no live key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from voltoken.errors import HIDDEN, FieldError
from voltoken.security import Act, Client, ModuleKind, ModuleRole, ModuleSettings

SETTINGS_VERSION: Final = 1
SAMPLE: Final = "sample"
"""In place of a file of EA07 tables: the tables that the standard prints."""
NO_TABLES: Final = "none"
"""In place of a file of EA07 tables: the module makes no EA07 tokens."""


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where and how the TLS server listens. Files lie in the folder of the module unless absolute.

    own_supply_groups: the vending database of this site makes their TIDs; the server makes none.
    """

    host: str = "127.0.0.1"
    port: int = 9443
    certificate: str = "tls/server.pem"
    authority: str = "tls/ca.pem"
    require_client_certificate: bool = True
    own_supply_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """A PKCS#11 token. library: its module, a path. label: of the token."""

    library: str
    label: str


@dataclass(frozen=True, slots=True)
class HomeSettings:
    """Everything in ``module.toml``.

    module: what the engine keeps to. production: the module serves real customers. passwords: of clients
    that sign in over TLS, as Argon2id texts. tables: ``sample``, ``none`` or a file of licensed tables.
    """

    module: ModuleSettings
    kind: ModuleKind = ModuleKind.SOFTWARE
    production: bool = False
    tables: str = SAMPLE
    serving: ServeSettings = field(default_factory=ServeSettings)
    witness_files: tuple[str, ...] = ()
    witness_urls: tuple[str, ...] = ()
    token: TokenSettings | None = None
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


class _Table:
    """A table of the file whose names are taken one by one; what is left over at the end is not known."""

    def __init__(self, place: str, content: Mapping[str, Any]) -> None:
        self._place = place
        self._left = dict(content)

    def take(self, name: str, kind: type, default: Any) -> Any:
        """Return the value of a name. Raises FieldError for another type, and where there is no default."""
        if name not in self._left:
            if default is None:
                raise FieldError(self._name(name), None, f"given: {_KINDS[kind]}")
            return default
        value = self._left.pop(name)
        if value.__class__ is not kind:
            raise FieldError(self._name(name), value, _KINDS[kind])
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, empty when it is missing. Raises FieldError."""
        values = self.take(name, list, [])
        if not all(isinstance(one, str) for one in values):
            raise FieldError(self._name(name), values, "a list of texts")
        return tuple(values)

    def table(self, name: str) -> _Table:
        """Return a table below this one, empty when it is missing."""
        return _Table(self._name(name), self.take(name, dict, {}))

    def tables(self) -> dict[str, _Table]:
        """Return all tables that are left, by their names."""
        return {name: self.table(name) for name in list(self._left)}

    def choice(self, name: str, make: Callable[[str], Any], default: str, allowed: str) -> Any:
        """Return a text as one of a closed set. Raises FieldError."""
        text = self.take(name, str, default)
        try:
            return make(text)
        except ValueError:
            raise FieldError(self._name(name), text, allowed) from None

    def end(self) -> None:
        """Raise FieldError when there is a name that nobody took."""
        for name in self._left:
            raise FieldError(
                self._name(name), HIDDEN, "a name that is known here", "Look for a typing error."
            )

    def _name(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name


_KINDS: Final[Mapping[type, str]] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def parse_settings(text: str) -> HomeSettings:
    """Read ``module.toml``. Raises FieldError, with the name of the place, for anything that is not right."""
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # Python reads no whole number of thousands of digits
        known = isinstance(error, tomllib.TOMLDecodeError)
        why = str(error) if known else "a number in it is too long, or it is nested too deeply"
        raise FieldError("module.toml", HIDDEN, f"TOML; {why}") from None
    top = _Table("", content)
    version = top.take("version", int, None)
    if version != SETTINGS_VERSION:
        raise FieldError("version", version, f"{SETTINGS_VERSION}, which this program knows")
    kinds = (ModuleKind.SOFTWARE, ModuleKind.PKCS11)
    kind = top.choice("kind", ModuleKind, "software", " or ".join(kinds))
    if kind not in kinds:
        raise FieldError("kind", kind.value, " or ".join(kinds))
    passwords: dict[str, str] = {}
    module = _module(top, passwords)
    found = HomeSettings(
        module,
        kind,
        top.take("production", bool, False),  # noqa: FBT003 - the default of a setting
        _tables(top),
        _serving(top.table("serve")),
        *_witnesses(top.table("witness")),
        _token(top.table("pkcs11"), kind),
        passwords,
    )
    top.end()
    return found


def _module(top: _Table, passwords: dict[str, str]) -> ModuleSettings:
    role = top.choice("role", ModuleRole, "vending", " or ".join(ModuleRole))
    module_id = top.take("id", str, None)
    accept = top.take("accept_non_sts_compliant_module", bool, False)  # noqa: FBT003 - likewise
    rehearsal = top.take("rehearsal_days", int, 0)
    bounds = top.table("bounds")
    behind, ahead = bounds.take("tid_behind_days", int, 7), bounds.take("tid_ahead_days", int, 1)
    for name, days in (("tid_behind_days", behind), ("tid_ahead_days", ahead)):
        if not 0 <= days <= 366:
            raise FieldError(f"bounds.{name}", days, "0 to 366")
    unknown = bounds.take("unknown_per_meter", int, 3)
    bounds.end()
    clients = {name: _client(name, one, passwords) for name, one in top.table("clients").tables().items()}
    window = timedelta(days=behind), timedelta(days=ahead)
    return ModuleSettings(module_id, role, accept, *window, unknown, clients, rehearsal)


def _client(name: str, table: _Table, passwords: dict[str, str]) -> Client:
    acts = []
    for act in table.texts("acts"):
        if act not in {one.value for one in Act}:
            raise FieldError(f"clients.{name}.acts", act, ", ".join(Act))
        acts.append(Act(act))
    if password := table.take("password", str, ""):
        passwords[name] = password
    made = Client(
        name,
        frozenset(acts),
        frozenset(table.texts("supply_groups")),
        table.take("rate", int, 100),
        table.take("burst", int, 1000),
        table.take("unknown_per_day", int, 20),
        table.take("test_meters", bool, False),  # noqa: FBT003 - likewise
    )
    table.end()
    return made


def _tables(top: _Table) -> str:
    table = top.table("ea07")
    found: str = table.take("tables", str, SAMPLE)
    table.end()
    return found


def _serving(table: _Table) -> ServeSettings:
    usual = ServeSettings()
    found = ServeSettings(
        table.take("host", str, usual.host),
        table.take("port", int, usual.port),
        table.take("certificate", str, usual.certificate),
        table.take("authority", str, usual.authority),
        table.take("require_client_certificate", bool, usual.require_client_certificate),
        frozenset(table.texts("own_supply_groups")),
    )
    if not 0 <= found.port <= 65535:
        raise FieldError("serve.port", found.port, "0 to 65535; 0 takes any that is free")
    table.end()
    return found


def _witnesses(table: _Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = table.texts("files"), table.texts("urls")
    table.end()
    return found


def _token(table: _Table, kind: ModuleKind) -> TokenSettings | None:
    library, label = table.take("library", str, ""), table.take("token", str, "")
    table.end()
    if kind is ModuleKind.PKCS11 and not (library and label):
        raise FieldError("pkcs11", None, "given, with library and token, for a module of this kind")
    return TokenSettings(library, label) if library else None

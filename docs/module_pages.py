"""The reference pages about security modules: why they refuse, and the settings of one."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from docs.markdown import page, table
from voltoken.drivers.local.settings import HomeSettings, ServeSettings, parse_settings
from voltoken.security import ANY_SUPPLY_GROUP, REFUSALS, Act, Client, ModuleKind, ModuleRole, refuse

AREAS: Final = {
    "module": "The module itself: how it is.",
    "client": "Who asks.",
    "request": "The id of the request.",
    "role": "What a module of this role does.",
    "key": "The vending key, by its register.",
    "meter": "The meter's key, and the tables of its algorithm.",
    "tid": "The TID.",
    "limit": "How much a key may make. The counters survive a restart.",
    "change": "Key changes.",
    "verify": "Questions about tokens.",
    "custody": "Keys that are to be loaded.",
}
"""What the first word of a code is about, in the order of the page."""

_DETAIL: Final = re.compile(r"\{(\w+)\}")


def refusal_page() -> str:
    """Write the page of refusals, by area."""
    parts = [
        (
            "Every reason for which a security module refuses has a code that never changes its meaning. It "
            "is the attribute `refusal` of the [error](../errors.md), it stands in the log, and a PrismToken "
            "server of ours puts it in brackets before its sentence. Words in *italics* are filled in; "
            "programs read them from `detail`."
        ),
        (
            "**Again** says whether the same request may be sent again later, under the same id: nothing was "
            "done, and waiting or a person can help. Otherwise do what the sentence says. **STS6** is the "
            "nearest result code of the module interface STS 600-8-6, as public implementations use it; not "
            "confirmed."
        ),
    ]
    for area, text in AREAS.items():
        rows = (
            (f"`{code}`", _DETAIL.sub(r"*\1*", kind.text), _yes(refuse_safely(code)), kind.sts6 or "–")
            for code, kind in REFUSALS.items()
            if code.partition(".")[0] == area
        )
        parts.append(f"## {area}\n\n{text}\n\n{table(('Code', 'What it says', 'Again', 'STS6'), rows)}")
    return page("Refusals of a module", *parts)


def refuse_safely(code: str) -> bool:
    """Whether a request that was refused with this code may be sent again."""
    details = dict.fromkeys(_DETAIL.findall(REFUSALS[code].text), "")
    return refuse(code, **details).retry_safe


def _yes(answer: bool) -> str:  # noqa: FBT001 - a word for an answer
    return "yes" if answer else "–"


class Setting(NamedTuple):
    """One name of the file. default: as it is when the name is missing."""

    name: str
    default: object
    meaning: str


_USUAL: Final[HomeSettings] = parse_settings('version = 1\nid = "usual"')
_MODULE: Final = _USUAL.module
_SERVE: Final = ServeSettings()
_CLIENT: Final = Client("usual")
_NEEDED: Final = "must be given"

SETTINGS: Final = {
    "": (
        "At the top of the file.",
        (
            Setting("version", _NEEDED, "1"),
            Setting("id", _NEEDED, "Name of the module, in every answer and in its log. It never changes."),
            Setting("role", _MODULE.role, f"{' or '.join(f'`{role}`' for role in ModuleRole)}."),
            Setting(
                "kind", _USUAL.kind, f"`{ModuleKind.SOFTWARE}`, or `{ModuleKind.PKCS11}` with its table."
            ),
            Setting("production", _USUAL.production, "Real customers are served."),
            Setting(
                "accept_non_sts_compliant_module",
                _MODULE.accept_live_keys,
                "Somebody has accepted that this is not a certified module: it takes live keys and starts in "
                "production.",
            ),
            Setting(
                "rehearsal_days",
                _MODULE.rehearsal_days,
                "By how many whole days its clock is shifted, for training on another day: -20000 to 20000. "
                "Such a module takes test keys only and never serves customers.",
            ),
        ),
    ),
    "ea07": (
        "The tables of EA07.",
        (Setting("tables", _USUAL.tables, "`sample`, `none`, or a file with licensed tables."),),
    ),
    "bounds": (
        "Clocks and guessing.",
        (
            Setting("tid_behind_days", _MODULE.tid_behind.days, "How old a TID may be, in days: 0 to 366."),
            Setting("tid_ahead_days", _MODULE.tid_ahead.days, "How far ahead of the clock: 0 to 366 days."),
            Setting(
                "unknown_per_meter",
                _MODULE.unknown_per_meter,
                "How many tokens that are not on record may be verified for one meter in a day.",
            ),
        ),
    ),
    "serve": (
        "The PrismToken server. Files lie in the module's folder unless their names are absolute.",
        (
            Setting("host", _SERVE.host, "The address it listens at."),
            Setting("port", _SERVE.port, "0 takes any that is free."),
            Setting("certificate", _SERVE.certificate, "Its certificate, with its key."),
            Setting("authority", _SERVE.authority, "Who signs the certificates of clients."),
            Setting(
                "require_client_certificate",
                _SERVE.require_client_certificate,
                "Clients show a certificate in their own name.",
            ),
            Setting(
                "own_supply_groups",
                [],
                "Supply groups whose TIDs a vending system of yours makes; the server makes none for them.",
            ),
        ),
    ),
    "witness": (
        "Who gets the signed heads of the log.",
        (
            Setting("files", [], "Files to append to, best on another machine's disk."),
            Setting("urls", [], "Servers that take them by POST: https, or http on this machine."),
        ),
    ),
    "pkcs11": (
        "For modules of the kind `pkcs11`.",
        (
            Setting("library", _NEEDED, "The library of the token's maker."),
            Setting("token", _NEEDED, "The label of the token."),
        ),
    ),
    "clients.NAME": (
        "One table for each client. What is missing is not allowed.",
        (
            Setting("acts", [], ", ".join(f"`{act}`" for act in Act) + "."),
            Setting("supply_groups", [], f"Six digits each; `{ANY_SUPPLY_GROUP}` alone stands for all."),
            Setting("rate", _CLIENT.rate, "Requests a second over a longer time: 1 to 1 000 000."),
            Setting("burst", _CLIENT.burst, "How many at once: 1 to 10 000 000."),
            Setting(
                "unknown_per_day",
                _CLIENT.unknown_per_day,
                "How many tokens that are not on record it may have verified in a day.",
            ),
            Setting("test_meters", _CLIENT.test_meters, "All its meters are virtual or in a laboratory."),
            Setting("password", "", "For signing in: an Argon2id text, written by `voltoken sm init`."),
        ),
    ),
}
"""Every table of ``module.toml`` and every name in it."""


def settings_page() -> str:
    """Write the page of the settings of a module."""
    parts = [
        (
            "The file `module.toml` in the folder of a module; `voltoken sm init` writes it. The module "
            "reads it when it starts, and refuses to start when there is anything in it that it does not "
            "know. What is left out has the cautious value."
        )
    ]
    for name, (text, settings) in SETTINGS.items():
        rows = ((f"`{one.name}`", _shown(one.default), one.meaning) for one in settings)
        title = f"`[{name}]`" if name else "The module"
        parts.append(f"## {title}\n\n{text}\n\n{table(('Name', 'Default', 'Meaning'), rows)}")
    return page("Settings of a module", *parts)


def _shown(value: object) -> str:
    if value == _NEEDED:
        return f"*{_NEEDED}*"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "none" if value in ([], "") else f"`{value}`"

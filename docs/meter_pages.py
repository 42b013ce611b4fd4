"""The reference pages about the virtual meter: its profiles, and the short codes of its skins."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from docs.markdown import page, table
from voltoken.meter import PROFILES, SKINS, Profile, Skin, TokenResult

_BASE: Final = "single-phase"


def profile_page() -> str:
    """Write the page of profiles: the first one in full, the others by what they change."""
    base = PROFILES[_BASE].to_document()
    parts = [
        (
            "A profile is what differs between makers and models of meters. `voltoken meter profiles` lists "
            "them, `--json` prints one to start from; a file names only what differs. What the fields mean "
            "stands at [`Profile`](api-meter.md#voltoken.meter.Profile)."
        ),
        f"## {_BASE}\n\n{PROFILES[_BASE].title}. Every other profile begins with it.",
        table(("Field", "Value"), ((f"`{name}`", _shown(value)) for name, value in base.items())),
    ]
    for name, profile in PROFILES.items():
        if name != _BASE:
            parts += [f"## {name}\n\n{profile.title}.", table(("Field", "Value"), _changes(profile))]
    return page("Profiles of meters", *parts)


def _changes(profile: Profile) -> list[tuple[str, str]]:
    base, own = PROFILES[_BASE].to_document(), profile.to_document()
    names = [spec.name for spec in fields(Profile) if spec.name not in ("name", "title")]
    return [(f"`{name}`", _shown(own[name])) for name in names if own[name] != base[name]]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{name} {_shown(item)}" for name, item in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None or value == "" else str(value)


def code_page() -> str:
    """Write the page of short codes and display texts, skin by skin."""
    parts = [
        (
            "What a keypad meter shows when a code is typed, and what stands on its glass after a token. A "
            "skin is data: `voltoken meter skins --json` prints one to start from."
        ),
    ]
    parts += [_skin(skin) for skin in SKINS.values()]
    return page("Short codes and display texts", *parts)


def _skin(skin: Skin) -> str:
    codes = [(f"`{code}`", row.title, f"`{row.reading}`") for code, row in skin.codes.items()]
    codes += [
        (f"`{code}{'n' * action.digits}`", f"sets or does: {action.title}", f"`{action.name}`")
        for code, action in skin.actions.items()
    ]
    results = [
        (result.value, " → ".join(f"`{frame}`" for frame in skin.results[result] if frame) or "nothing")
        for result in TokenResult
    ]
    return "\n\n".join(
        (
            f"## {skin.name}\n\n{skin.title}.",
            table(("Code", "Shows", "Reading"), codes),
            f"### After a token ({skin.name})",
            table(("Result", "On the glass"), results),
        )
    )

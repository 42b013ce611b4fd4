"""The tokens of a key change, also of one that leads a meter away from sections of two different sets."""

from __future__ import annotations

from voltoken.errors import FieldError, RuleError
from voltoken.security.cases import ChangeCase
from voltoken.security.refusals import Refusal
from voltoken.security.vault import Vault, Wanted
from voltoken.sts import (
    DecoderKey,
    KeyChangeSection,
    STATables,
    TokenCipher,
    TokenNumber,
    assemble,
    encode_key_change,
    key_change_sections,
)


def make_set(case: ChangeCase, vault: Vault, tables: STATables | None) -> tuple[TokenNumber, ...] | Refusal:
    """Return the tokens of a key change that passed every rule, or why its sections make no key."""
    change, meter = case.change, case.meter
    if change.sections:
        current = _mixture(case, vault)
        if isinstance(current, Refusal):
            return current
    else:
        current = vault.decoder_key(Wanted(case.register, meter.ea, meter.pan, meter.ti))
    new = vault.decoder_key(Wanted(case.new, meter.ea, meter.pan, change.new_ti))
    sections = key_change_sections(new, roll_over=case.roll_over, carry_sgc=change.tokens == 3)
    return encode_key_change(sections, TokenCipher(current, tables))


def _mixture(case: ChangeCase, vault: Vault) -> DecoderKey | Refusal:
    """Return the key of a meter that was given sections of different sets, made from the record."""
    change = case.change
    shown_ids = " ".join(change.sections)
    drawn: list[KeyChangeSection] = []
    for place, request_id in enumerate(change.sections):
        sections = _sections_of(case, request_id, vault)
        if place >= len(sections):
            return case.refuse("change.sections", sections=shown_ids, why="There are too many.")
        drawn.append(sections[place])
    try:
        carried = assemble(drawn, case.meter.ea.key_bits)
    except (RuleError, FieldError) as error:
        return case.refuse("change.sections", sections=shown_ids, why=error.message)
    return DecoderKey(carried.key, case.meter.ea)


def _sections_of(case: ChangeCase, request_id: str, vault: Vault) -> tuple[KeyChangeSection, ...]:
    """Return the sections of a set that was given before, made again; none when it is not on record."""
    move = case.state.move(request_id)
    register = None if move is None else case.state.register(move.new_key)
    if move is None or register is None:
        return ()
    new = vault.decoder_key(Wanted(register, move.meter.ea, move.meter.pan, move.new_ti))
    return key_change_sections(new, roll_over=move.roll_over, carry_sgc=move.tokens == 3)

"""``voltoken sm change-key``: the tokens that bring a meter to another key, from a module that is served."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import click

from voltoken.cli.change_set import ADVICE, ROLL_OVER
from voltoken.cli.commands import Command
from voltoken.cli.parameters import attribute, gather, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sm.reaching import Reached, Target, reached_options, register_of, target_options
from voltoken.drivers.local import utc_now
from voltoken.drivers.prism import PrismModule
from voltoken.security import KeyChangeRequest, KeyChangeSet, KeyRef, KeyRegister
from voltoken.sts import EA, KRN, SGC, TI, BaseDate


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is said of the new key. tokens: how many sections the meter takes."""

    to_krn: KRN | None = None
    to_sgc: SGC | None = None
    to_ti: TI | None = None
    to_base_date: BaseDate | None = None
    tokens: int | None = None

    def register(self, present: KeyRegister) -> KeyRegister:
        """Return the new key as the driver has to know it."""
        ref = KeyRef(self.to_sgc or present.ref.sgc, self.to_krn or present.ref.krn)
        return register_of(ref, self.to_base_date or present.base_date)


@click.command(
    "change-key",
    cls=Command,
    epilog="voltoken sm change-key --to-krn 2 --to-base-date 14 --at 127.0.0.1:9443 --ca pilot/tls/ca.pem "
    "--certificate pilot/tls/till.pem --user till --password file:pilot/tls/till.password "
    "--sgc 123457 --krn 1 --base-date 93 --pan 600727000000000009 --ti 01",
)
@click.option("--id", "request_id", help="Id of the request.  [default: a new one]")
@gather(
    "new",
    NewKey,
    (
        click.option("--to-krn", metavar="N", callback=attribute("krn"), help="Its revision number."),
        click.option("--to-sgc", metavar="NNNNNN", callback=attribute("sgc"), help="Its supply group."),
        click.option("--to-ti", metavar="NN", callback=attribute("ti"), help="The new tariff index."),
        click.option(
            "--to-base-date", metavar="93|14|35", callback=attribute("base_date"), help="Its base date."
        ),
        click.option(
            "--tokens",
            type=click.IntRange(2, 4),
            help="How many the meter takes.  [default: 4 under EA11, else 2]",
        ),
    ),
)
@reached_options
@target_options
@json_option
def change_key(
    request_id: str | None, new: NewKey, reached: Reached, target: Target, *, as_json: bool
) -> None:
    """Have the tokens made that bring a meter to another key, by a module that is served somewhere.

    What is not said of the new key stays as it is. A later base date makes the meter forget the tokens it
    has taken (roll-over). The same id again gets the same set, and the module makes no other set for the
    meter while one is outstanding.
    """
    present, meter = target.register(), target.meter()
    wanted = new.register(present)
    request = KeyChangeRequest(
        request_id or f"cli-{secrets.token_hex(8)}:1",
        meter,
        present.ref,
        wanted.ref,
        new.to_ti or meter.ti,
        new.tokens or (4 if meter.ea is EA.MISTY1 else 2),
    )
    known = [present] if wanted.ref == present.ref else [present, wanted]
    module = PrismModule(reached.settings(), known, utc_now)
    try:
        made = module.issue_key_change(request)
    finally:
        module.close()
    _show(made, as_json=as_json)


def _show(made: KeyChangeSet, *, as_json: bool) -> None:
    if as_json:
        answer(
            {
                "request_id": made.request_id,
                "tokens": [one.token.digits for one in made.tokens],
                "new_key": str(made.new_key),
                "new_ti": str(made.new_ti),
                "ken": int(made.ken),
                "roll_over": made.roll_over,
                "module_id": made.module_id,
                "notice": made.notice,
            }
        )
        return
    screen = Screen()
    for number, one in enumerate(made.tokens, 1):
        screen.line(f"{number} of {len(made.tokens)}")
        screen.token(one.token)
    screen.facts(
        [
            ("new key", f"{made.new_key}, tariff index {made.new_ti}, KEN {made.ken}"),
            ("request", made.request_id),
            ("made by", f"{made.module_id}{f': {made.notice}' if made.notice else ''}"),
        ]
    )
    screen.line()
    for sentence in (ROLL_OVER, *ADVICE) if made.roll_over else ADVICE:
        screen.text(sentence)

"""``voltoken sm serve``: a module for clients over TLS, until it is told to stop."""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

import click

from voltoken.cli.commands import Command
from voltoken.cli.failures import warn
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sm.shared import home_argument
from voltoken.drivers import Measure, harden
from voltoken.drivers.local import open_home
from voltoken.drivers.prism import Serving


@click.command(
    "serve", cls=Command, epilog="voltoken sm serve pilot\nvoltoken sm serve pilot --port 0 --json"
)
@home_argument
@click.option("--port", type=click.IntRange(0, 65535), help="In place of the one in module.toml; 0 is any.")
@click.option(
    "--production/--no-production",
    default=None,
    envvar="VOLTOKEN_PRODUCTION",
    help="Whether real customers are served.  [default: as module.toml says]",
)
@json_option
def serve(home: Path, port: int | None, *, production: bool | None, as_json: bool) -> None:
    """Serve a module to clients over TLS, by the PrismToken interface, until it is told to stop.

    It starts sealed, and is administered through a socket in its folder: unseal it with voltoken sm unseal.
    In production a software module does not start unless its settings accept that it is not certified.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    opened = open_home(home)
    if production is not None:
        opened = replace(opened, settings=replace(opened.settings, production=production))
    opened.check_production()
    measures = harden()
    with Serving(opened, port=port, measures={one.name: _state(one) for one in measures}) as serving:
        info = serving.module.info()
        warn(f"{info.module_id} is {info.notice}.")
        if as_json:
            answer(
                {
                    "module_id": info.module_id,
                    "notice": info.notice,
                    "host": serving.address.host,
                    "port": serving.address.port,
                    "state": serving.module.status().state,
                }
            )
        else:
            screen = Screen()
            screen.text(f"{info.module_id} listens at {serving.address}. It is sealed.", indent=0)
            screen.text(f"Unseal it: voltoken sm unseal {home}", indent=0)
        sys.stdout.flush()
        stop.wait()
    if not as_json:
        Screen().text("The module is closed.", indent=0)


def _state(measure: Measure) -> str:
    return "on" if measure.on else f"off: {measure.why}"

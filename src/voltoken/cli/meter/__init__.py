"""``voltoken meter``: virtual meters that live in files."""

from __future__ import annotations

from typing import Final

from voltoken.cli.commands import Group, Lazy, imported
from voltoken.cli.keys import EXAMPLE_KEY

_COMMANDS: Final = {
    "create": ("create", "Make a meter in a new file."),
    "show": ("show", "Show a meter: its glass, and all it knows."),
    "enter": ("enter", "Enter tokens."),
    "use": ("use", "Draw energy, water or gas."),
    "wait": ("events", "Let time pass."),
    "cut": ("events", "Cut the power, and give it back."),
    "tamper": ("events", "Open a cover, or hold a magnet to it."),
    "code": ("events", "Key in a short code."),
    "reconnect": ("events", "Press the key that closes the switch."),
    "story": ("story", "Keep what is done to a meter as a scenario file."),
    "replay": ("replay", "Replay scenario files against the virtual meter, or your own."),
    "manufacture": ("manufacture", "Manufacture an order of meters: numbers, keys, labels."),
    "personalise": ("personalise", "Bring an order of meters to its unique keys."),
    "profiles": ("create", "List the models of meters."),
    "skins": ("create", "List the tables of short codes and display texts."),
}

meter = Group(
    "meter",
    lazy={
        name: Lazy(line, imported(f"voltoken.cli.meter.{module}", name))
        for name, (module, line) in _COMMANDS.items()
    },
    help="Virtual meters: enter tokens, use energy, cut the power.\n\n"
    "A meter lives in a file that holds its decoder key: keep it to yourself. Each command changes it whole "
    "or not at all.",
    epilog=f"voltoken meter create my.meter {EXAMPLE_KEY}\n"
    "voltoken meter enter my.meter 1274 7104 3681 8571 6778\n"
    "voltoken meter show my.meter",
)

"""Making an order of meters in a folder, one meter after the other.

The labels are drawn as the meters come, so that an order of any size needs the memory of one file of them.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Final

from voltoken.cli.durable import staged_bytes, staged_text
from voltoken.cli.meter.files import MeterFile, create
from voltoken.cli.meter.folder import Row, side_by_side, table, write_json
from voltoken.cli.meter.orders import (
    KEY_COLUMNS,
    KEYS,
    LABELS,
    METER_COLUMNS,
    METERS,
    ORDER,
    STATES,
    meter_row,
    order_document,
    state_path,
)
from voltoken.meter import FlatPrice, Label, Made, Order, manufacture
from voltoken.sts import STATables

LABELS_PER_FILE: Final = 6000
"""The labels of one PDF: 500 sheets, a packet of paper."""


def label_files(order: Order) -> list[str]:
    """Return the names of the PDF files with the labels of an order."""
    packets = -(-order.quantity // LABELS_PER_FILE)
    return [f"{LABELS}.pdf", *(f"{LABELS}-{place}.pdf" for place in range(2, packets + 1))]


def make_order(
    folder: Path,
    order: Order,
    tables: STATables | None,
    price: FlatPrice | None,
    kinds: tuple[str, ...],
    sheet: str,
    step: Callable[[], None],
) -> None:
    """Make the meters one after the other and write all about each before the next.

    folder: empty. kinds: of labels, ``pdf`` and ``svg``. step: called after each meter.
    Raises RuleError or FieldError when order, tables and price do not go together.
    """
    write_json(folder / ORDER, order_document(order))
    (folder / STATES).mkdir(mode=0o700)
    made = manufacture(order, secrets.token_bytes, sta_tables=tables, price=price)
    with ExitStack() as stack:
        meters = stack.enter_context(table(folder / METERS, METER_COLUMNS, private=False))
        keys: Row | None = None
        if order.default_key is None:
            keys = stack.enter_context(table(folder / KEYS, KEY_COLUMNS, private=True))
        labels: Iterator[Label]
        labels = stack.enter_context(closing(_written(folder, order, made, meters, keys, step)))
        if "svg" in kinds:
            labels = _drawn(folder, labels)
        if "pdf" in kinds:
            _print(folder, order, labels, sheet)
        deque(labels, maxlen=0)


def _written(
    folder: Path,
    order: Order,
    made: Iterator[Made],
    meters: Row,
    keys: Row | None,
    step: Callable[[], None],
) -> Generator[Label, None, None]:
    """Write each meter to its file, then into the lists, and pass its label on."""

    def written(one: Made) -> Made:
        path = str(state_path(folder, one.meter.pan))
        create(MeterFile(path, one.meter, order.manufactured, order.base_date))
        return one

    with closing(side_by_side(written, made)) as done:
        for one in done:
            pan = one.meter.pan
            meters(meter_row(pan, one.key, order.profile))
            if keys is not None:
                keys((pan, str(int(one.key.kt)), one.key.key.hex(), one.key.check_value.value))
            yield one.label
            step()


def _drawn(folder: Path, labels: Iterator[Label]) -> Iterator[Label]:
    """Draw each label into a file of its own and pass it on."""
    from voltoken.channels.printing import draw_svg

    (folder / LABELS).mkdir()
    for label in labels:
        with staged_text(folder / LABELS / f"{label.pan.drn}.svg") as out:
            out.write(draw_svg(label))
        yield label


def _print(folder: Path, order: Order, labels: Iterator[Label], sheet: str) -> None:
    """Draw the labels on sheets, in as many files as keep each small enough to hold and to print."""
    from voltoken.channels.printing import SHEETS, draw_pdf

    for name in label_files(order):
        drawn = draw_pdf(islice(labels, LABELS_PER_FILE), SHEETS[sheet])
        with staged_bytes(folder / name) as out:
            out.write(drawn)

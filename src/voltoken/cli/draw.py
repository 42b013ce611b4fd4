"""The path of a token, drawn: its steps, where the class sits in the number, the fields of the block.

One bit is one column, so that widths can be seen. Where the screen is too narrow for 64 bits the drawings
are left out; the table below them says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from voltoken.cli.screen import Screen
from voltoken.sts import Explanation, StepKind, TokenNumber

_COLOURS: Final = ("magenta", "cyan", "green", "yellow", "blue")
_INDENT: Final = 5
_TITLES: Final = 24
"""Columns of the numbered titles beside which values and texts stand."""
_CROSS: Final = "\u2717"
_HIDDEN: Final = "\u00b7"


class Part(NamedTuple):
    """A run of bits: its name, the bits as they are shown, and the style of both."""

    name: str
    bits: str
    style: str = ""


def draw_explanation(screen: Screen, number: TokenNumber | None, explanation: Explanation) -> None:
    """Draw the whole path of a token; number is None when the text is no token."""
    if number is not None:
        screen.token(number)
    else:
        screen.line()
    screen.text(explanation.summary, "bad" if explanation.error else "strong")
    if explanation.steps:
        screen.title("How it is read")
    draw_steps(screen, number, explanation)


def draw_steps(screen: Screen, number: TokenNumber | None, explanation: Explanation) -> None:
    """Draw the steps of a token's path, and the fields of its block where it could be read."""
    for place, step in enumerate(explanation.steps, 1):
        if step.title is StepKind.STOP:
            screen.text(f"{_CROSS} {step.text}", "bad", indent=_INDENT)
            screen.line()
            return
        _draw_step(screen, place, step.title, _spaced(step.value), step.text)
        if step.title is StepKind.CLASS and number is not None:
            _draw_class(screen, number)
    if explanation.fields:
        _draw_block(screen, explanation)


def _draw_step(screen: Screen, place: int, title: str, value: str, text: str) -> None:
    """Draw a step: number and title, and beside them, or below, what is there and what it means."""
    beside = screen.width >= _TITLES + 44
    left = _TITLES if beside else _INDENT
    head = f"{place:>2}  {title[:1].upper()}{title[1:]}"
    if beside:
        screen.line(f"{screen.style(f'{head:{_TITLES - 2}}', 'title')}{screen.style(value, 'strong')}")
    else:
        screen.line(screen.style(head, "title"))
        screen.line(screen.style(value, "strong"), left + 1)
    screen.text(text, indent=left if beside else left + 1)
    screen.line()


def _draw_class(screen: Screen, number: TokenNumber) -> None:
    """Draw the 66 bits with the two of the class, and the two that take their place."""
    bits = f"{number:066b}"
    parts = (
        Part("these two close the gap that the class leaves", bits[:2], "cyan"),
        Part("", bits[2:37]),
        Part(f"class {number.token_class}", bits[37:39], "magenta"),
        Part("", bits[39:]),
    )
    _draw_bits(screen, parts)


def _draw_block(screen: Screen, explanation: Explanation) -> None:
    """Draw the 64 bits of the plain block with their fields, and a table of these."""
    bits = "".join(
        _HIDDEN * 4 if digit == _HIDDEN else f"{int(digit, 16):04b}" for digit in explanation.block
    )
    steps = {step.title: step for step in explanation.steps}
    widths = [("subclass", 4), *((f.name, _width(f.bits)) for f in explanation.fields), ("checksum", 16)]
    parts, start = [], 0
    for place, (name, width) in enumerate(widths):
        parts.append(Part(name, bits[start : start + width], _COLOURS[place % len(_COLOURS)]))
        start += width
    _draw_bits(screen, parts)
    number, _, name = steps[StepKind.SUBCLASS].value.partition(" ")
    rows = [
        ("63-60", "subclass", number, name.strip("()")),
        *((f.bits, f.name, f.value, f.meaning) for f in explanation.fields),
        ("15-0", "checksum", steps[StepKind.CHECKSUM].value, "proves the digits and the key"),
    ]
    if explanation.token is not None and explanation.token.token_class == 1:
        rows[-1] = (*rows[-1][:3], "proves the digits")
    screen.table((">bits", "field", ">value", "meaning"), rows, [part.style for part in parts])
    screen.line()


def _width(bits: str) -> int:
    """Return how many bits a range such as ``59-56`` or ``51`` holds."""
    high, _, low = bits.partition("-")
    return int(high) - int(low or high) + 1


def _draw_bits(screen: Screen, parts: Sequence[Part]) -> None:
    """Draw runs of bits side by side, a line under those with a name, and the names on a staircase."""
    if _INDENT + sum(len(part.bits) + 1 for part in parts) > screen.width:
        return
    screen.line(" ".join(screen.style(part.bits, part.style) for part in parts), _INDENT)
    screen.line(" ".join(screen.style(_underline(part), part.style) for part in parts).rstrip(), _INDENT)
    for row in staircase(parts):
        screen.line("".join(screen.style(text, style) for text, style in row), _INDENT)
    screen.line()


def _underline(part: Part) -> str:
    """Return the line under a run of bits, with the point from which its name hangs."""
    width = len(part.bits)
    if not part.name:
        return " " * width
    hook = (width - 1) // 2
    return "\u2500" * hook + "\u252c" + "\u2500" * (width - 1 - hook)


def staircase(parts: Sequence[Part]) -> list[list[tuple[str, str]]]:
    """Place the names below their bits, from the right, each on the first row where it fits.

    Returns the rows, each as runs of text with their style.
    """
    hooks, start = [], 0
    for part in parts:
        hooks.append(start + (len(part.bits) - 1) // 2)
        start += len(part.bits) + 1
    waiting = [(hook, part) for hook, part in zip(hooks, parts, strict=True) if part.name]
    rows = []
    while waiting:
        placed: list[tuple[int, str, str]] = []
        left: list[tuple[int, Part]] = []
        limit = start
        for hook, part in reversed(waiting):
            before = max((other for other, _ in waiting if other < hook), default=-2)
            at = _column(hook, part.name, before, limit)
            if at is None or left:
                left.insert(0, (hook, part))
                placed.append((hook, "\u2502", part.style))
                limit = hook
            else:
                placed.append((at, part.name, part.style))
                limit = at
        waiting = left
        rows.append(_row(placed))
    return rows


def _column(hook: int, name: str, before: int, limit: int) -> int | None:
    """Return where a name can begin: centred under its hook, or from the hook on, or nowhere.

    before: the hook to its left, whose line may have to pass. limit: where the next text begins.
    """
    for at in (hook - (len(name) - 1) // 2, hook):
        if at > before + 1 and at >= 0 and at + len(name) < limit:
            return at
    return None


def _row(placed: Sequence[tuple[int, str, str]]) -> list[tuple[str, str]]:
    """Return texts at columns as runs from left to right."""
    runs: list[tuple[str, str]] = []
    column = 0
    for at, text, style in sorted(placed):
        runs += [(" " * (at - column), ""), (text, style)]
        column = at + len(text)
    return runs


def _spaced(value: str) -> str:
    """Return long hexadecimal values in groups of four, counted from the right."""
    if len(value) not in (16, 17) or set(value) - set("0123456789ABCDEF\u00b7"):
        return value
    first = len(value) % 4
    groups = [value[:first]] if first else []
    return " ".join([*groups, *(value[i : i + 4] for i in range(first, len(value), 4))])

"""Boolean circuits of the EA07 substitutions, found when tables are loaded.

A bitsliced cipher substitutes by bitwise operations on planes of bits. The two substitutions of a
direction and the key bit that chooses between them are one function of five bits with four results. No
circuit of a licensed table may be committed, so circuits are searched for, once for a set of tables. Every
operation costs the same, one numpy call on thousands of tokens, and so the fewest win.

The search follows an idea of Matthew Kwan (Reducing the Gate Count of Bitslice DES, 2000). A result is a
value that is there already, or one operation on two of them, or two on three. Failing these it is split
on an input into two halves, each of which has to be right only where that input has its value; what is
asked of it elsewhere is nothing, and the further a split goes the more often something fits. Results
share what they can, so all depends on the order of results and splits. Many orders are tried, result by
result, and the few smallest drafts carried on to the next. Orders follow a fixed schedule and effort is
counted in values looked at, not in time: the same tables always give the same circuit.

A function of five bits is written as a number of 32 bits, one for each case of the inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import permutations
from typing import Final

KEY: Final = 4
"""The key bit among the inputs; the data bits are 0 to 3, the lowest first."""
ONES: Final = 5
"""The last input, all ones: NOT is XOR with it."""

_ALL: Final = (1 << 32) - 1
_INPUTS: Final = (*(sum(1 << case for case in range(32) if case >> bit & 1) for bit in range(5)), _ALL)

_EFFORT: Final = 800_000
"""Values looked at in a search, an equal share for each of the four results."""
_KEPT: Final = 7
"""Drafts carried on from one result to the next."""
_TWO_GATES_CARE: Final = 16
"""Two operations are looked for where at most so many cases matter; they seldom fit more."""
_ORDERS: Final = tuple(permutations(range(5)))


class Operation(Enum):
    """What a gate makes of its two operands."""

    AND = "and"
    OR = "or"
    XOR = "xor"

    def of(self, left: int, right: int) -> int:
        """Return the result for every bit of the operands."""
        if self is Operation.AND:
            return left & right
        return left | right if self is Operation.OR else left ^ right


_Gate = tuple[Operation, int, int]
"""An operation on two wires. Wires 0 to 5 are the inputs; then every gate makes one, in order."""

Step = tuple[Operation, int, int, int]
"""An operation on what two slots hold, and the slot its result goes to."""


@dataclass(frozen=True, slots=True, repr=False)
class Circuit:
    """A circuit as a straight line of steps over few slots; as secret as the tables it is made of.

    steps: one operation each. Slots 0 to 5 hold the inputs at first: four data bits, the key bit, ones;
        those after them, the pool, nothing. All but the ones are overwritten when no longer needed.
    results: the slots that hold the four results in the end, the lowest bit first; all in the pool.
    pool_size: number of slots in the pool, at least 4.
    """

    steps: tuple[Step, ...]
    results: tuple[int, ...]
    pool_size: int

    def __repr__(self) -> str:
        """Return the size only; licensed tables are confidential."""
        return f"Circuit({len(self.steps)} operations)"

    def evaluate(self, inputs: Sequence[int]) -> list[int]:
        """Return the four results for six inputs, for every bit of these numbers at once."""
        slots = [*inputs, *[0] * self.pool_size]
        for operation, left, right, target in self.steps:
            slots[target] = operation.of(slots[left], slots[right])
        return [slots[slot] for slot in self.results]


def synthesise(pair: tuple[Sequence[int], Sequence[int]]) -> Circuit:
    """Return a circuit that substitutes by the first table where the key bit is 0, by the second where 1.

    pair: two permutations of 0 to 15. Takes about 0.13 s; the result is checked for all inputs.
    """
    targets = [
        sum(1 << case for case in range(32) if pair[case >> 4][case & 15] >> bit & 1) for bit in range(4)
    ]
    draft = _search(targets)
    circuit = _straight_line(draft.gates, [draft.made[bit] for bit in range(4)])
    if circuit.evaluate(_INPUTS) != targets:
        raise RuntimeError("a circuit differs from its tables; this is a fault of the program")
    return circuit


class _TooLarge(Exception):
    """A draft has more gates than are of use."""


class _Draft:
    """A circuit in the making.

    values, gates: what each wire is in the 32 cases, and the gates so far. made: result bit -> its wire.
    limit: the number of gates that it may not pass. work: the values looked at.
    """

    __slots__ = ("gates", "limit", "made", "values", "work")

    def __init__(self, start: _Draft | None = None, limit: int = 0) -> None:
        self.values: list[int] = [*start.values] if start else [*_INPUTS]
        self.gates: list[_Gate] = [*start.gates] if start else []
        self.made: dict[int, int] = {**start.made} if start else {}
        self.limit = limit
        self.work = 50  # what starting anew costs

    def make(self, target: int, care: int, order: Sequence[int], forms: int) -> int:
        """Return a wire, adding gates as needed, that is target in the cases of care.

        order: the inputs to split on, one after another. forms: a bit for each split, which of two equal
            ways to join its halves.
        Raises _TooLarge at the limit.
        """
        self.work += len(self.values)
        target &= care
        wires = {value & care: wire for wire, value in enumerate(self.values)}
        if target in wires:
            return wires[target]
        if gate := self._one_gate(wires, target):
            return self._add(*gate)
        if care.bit_count() <= _TWO_GATES_CARE and (gates := self._two_gates(wires, target, care)):
            inner, operation, wire = gates
            return self._add(operation, self._add(*inner), wire)
        split, rest = order[0], order[1:]
        half, join = _INPUTS[split], Operation.OR
        if forms & 1:
            half, join = ~half, Operation.AND
        # The result is base XOR (change joined to the split input). In one half the input decides what is
        # joined, nothing by AND or all ones by OR, and so the base; in the other half change is free.
        base = self.make(~target if join is Operation.OR else target, care & half, rest, forms >> 1)
        change = self.make(target ^ self.values[base], care & ~half, rest, forms >> 1)
        return self._add(Operation.XOR, base, self._add(join, change, split))

    def _add(self, operation: Operation, left: int, right: int) -> int:
        value = operation.of(self.values[left], self.values[right])
        if value in self.values:
            return self.values.index(value)
        if len(self.gates) == self.limit:
            raise _TooLarge
        self.gates.append((operation, left, right))
        self.values.append(value)
        return len(self.values) - 1

    def _one_gate(self, wires: dict[int, int], target: int) -> _Gate | None:
        """Return an operation on two of the wires that gives target; wires: value -> wire."""
        self.work += len(wires)
        above: list[int] = []
        below: list[int] = []
        for value, wire in wires.items():
            if value ^ target in wires:
                return Operation.XOR, wire, wires[value ^ target]
            if value & target == target:
                for other in above:
                    if value & other == target:
                        return Operation.AND, wire, wires[other]
                above.append(value)
            elif value | target == target:
                for other in below:
                    if value | other == target:
                        return Operation.OR, wire, wires[other]
                below.append(value)
        return None

    def _two_gates(
        self, wires: dict[int, int], target: int, care: int
    ) -> tuple[_Gate, Operation, int] | None:
        """Return an operation on two wires, and the one that makes target of it and a third."""
        for value, wire in wires.items():
            if gate := self._one_gate(wires, value ^ target):
                return gate, Operation.XOR, wire
            # AND clears what the wire has not, and OR sets what it has: there the inner gate is free.
            if value & target == target:
                operation, matters = Operation.AND, care & value
            elif value | target == target:
                operation, matters = Operation.OR, care & ~value
            else:
                continue
            narrowed = {other & matters: place for other, place in wires.items()}
            if gate := self._one_gate(narrowed, target & matters):
                return gate, operation, wire
        return None


def _search(targets: Sequence[int]) -> _Draft:
    """Return the smallest draft found that makes all targets."""
    kept = [_Draft()]
    attempt = 0
    for missing in range(len(targets), 0, -1):
        drafts: dict[frozenset[int], _Draft] = {}
        limit = _ALL
        effort = _EFFORT // len(targets)
        while effort > 0:
            # 31 and the number of orders share no divisor, so that combinations do not repeat soon.
            turn, number = divmod(attempt, len(kept))
            draft = _Draft(kept[number], limit)
            bit = [bit for bit in range(len(targets)) if bit not in draft.made][turn % missing]
            try:
                draft.made[bit] = draft.make(
                    targets[bit], _ALL, _ORDERS[attempt * 37 % len(_ORDERS)], attempt * 11 % 31
                )
            except _TooLarge:
                pass
            else:
                drafts.setdefault(frozenset(draft.values), draft)
                sizes = sorted(len(found.gates) for found in drafts.values())
                limit = sizes[min(_KEPT, len(sizes)) - 1]
            effort -= draft.work
            attempt += 1
        kept = sorted(drafts.values(), key=lambda found: len(found.gates))[:_KEPT]
    return kept[0]


def _straight_line(gates: Sequence[_Gate], outputs: Sequence[int]) -> Circuit:
    """Return the gates as steps, in an order and over slots that keep the working set small."""
    gates, outputs = [*gates], [*outputs]
    for bit, wire in enumerate(outputs):
        if wire <= ONES:  # a result that is an input is copied to where results belong
            gates.append((Operation.AND, wire, wire))
            outputs[bit] = ONES + len(gates)
    line = _Line(gates, outputs)
    while ready := line.ready():
        line.place(max(ready, key=line.merit))
    return Circuit(tuple(line.steps), tuple(line.slots[wire] for wire in outputs), line.pool_size)


class _Line:
    """Steps in the making. A slot is free again after the last use of what it holds."""

    def __init__(self, gates: Sequence[_Gate], outputs: Sequence[int]) -> None:
        self.steps: list[Step] = []
        self.slots = {wire: wire for wire in range(ONES + 1)}
        self.pool_size = 0
        self._outputs = outputs
        self._free: list[int] = []
        # Now and then the search leaves a gate that nobody uses.
        used = {*outputs}
        self._waiting: dict[int, _Gate] = {}
        for wire, gate in reversed([*enumerate(gates, ONES + 1)]):
            if wire in used:
                used.update(gate[1:])
                self._waiting[wire] = gate
        # Outputs and the ones are used once more than gates use them, and so never free their slots.
        self._uses = Counter(wire for _, *operands in self._waiting.values() for wire in {*operands})
        self._uses.update([*outputs, ONES])
        self._age = dict.fromkeys(self.slots, 0)

    def ready(self) -> list[int]:
        """Return the wires of the gates whose operands are there."""
        return [
            wire
            for wire, (_, left, right) in self._waiting.items()
            if left in self.slots and right in self.slots
        ]

    def merit(self, wire: int) -> tuple[int, int]:
        """Return how good a gate is as the next: by slots that it frees, then by freshness of operands."""
        _, *operands = self._waiting[wire]
        freed = sum(self._uses[operand] == 1 for operand in {*operands})
        return freed, max(self._age[operand] for operand in operands)

    def place(self, wire: int) -> None:
        """Make a gate the next step, in place of an operand if one is used up."""
        operation, left, right = self._waiting.pop(wire)
        for operand in {left, right}:
            self._uses[operand] -= 1
            if not self._uses[operand]:
                self._free.append(self.slots[operand])
        fitting = [slot for slot in self._free if slot > ONES or wire not in self._outputs]
        if not fitting:
            self.pool_size += 1
            fitting = [ONES + self.pool_size]
            self._free += fitting
        self._free.remove(fitting[-1])
        self.slots[wire] = fitting[-1]
        self._age[wire] = len(self.steps)
        self.steps.append((operation, self.slots[left], self.slots[right], fitting[-1]))

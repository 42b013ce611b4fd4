"""The tables of EA07 as a value: the standard's sample set, or a licensed set from an operator's file.

The standard prints one set of tables as an example; real meters use a set that the STS Association
licenses to its members. The licensed set is never part of this project: an operator loads it from a file
(``STATables.from_document``), and every cipher is named after the tables it runs on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from voltoken.errors import HIDDEN, FieldError
from voltoken.sts.ciphers.sta import Lookup, decryption_key_bit, encryption_key_bit, inverse

if TYPE_CHECKING:
    from voltoken.sts.ciphers.sta_circuit import Circuit

SAMPLE_LABEL: Final = "sample tables"
"""The name of the standard's printed set; no other set may use it, and that set no other name."""

_TABLE_KEYS: Final = ("substitution_1", "substitution_2", "permutation")
_CHECK_KEYS: Final = (
    "decryption_substitution_1",
    "decryption_substitution_2",
    "decryption_permutation",
    "inverse_substitution_1",
    "inverse_substitution_2",
    "inverse_permutation",
)


class STATables:
    """A validated set of STA tables, and the lookup tables made from them on first use.

    substitution_1, substitution_2: permutations of 0 to 15, for a key bit of 0 and of 1.
    permutation: permutation of 0 to 63; bit i of the block goes to bit ``permutation[i]``.
    label: what the set is called wherever EA07 appears. The standard's own set is always called
        ``sample tables``, whatever it is given, so that nobody takes it for a licensed one.
    Raises FieldError when one of them is no permutation; the message names the table, not its content.
    """

    __slots__ = (
        "_circuits",
        "_decryption",
        "_encryption",
        "label",
        "permutation",
        "planes",
        "substitution_1",
        "substitution_2",
    )

    def __init__(
        self,
        substitution_1: Sequence[int],
        substitution_2: Sequence[int],
        permutation: Sequence[int],
        label: str = "licensed tables",
    ) -> None:
        self.substitution_1 = _permutation_of(16, "substitution_1", substitution_1)
        self.substitution_2 = _permutation_of(16, "substitution_2", substitution_2)
        self.permutation = _permutation_of(64, "permutation", permutation)
        sample = (self.substitution_1, self.substitution_2, self.permutation) == _SAMPLE
        if sample:
            label = SAMPLE_LABEL
        elif not label or label == SAMPLE_LABEL:
            raise FieldError("label", label, "a name other than that of the standard's sample set")
        self.label = label
        self.planes: object | None = None
        """What the batch engine has made of these tables; kept here, so that it goes when they go."""
        self._encryption: Lookup | None = None
        self._decryption: Lookup | None = None
        self._circuits: tuple[Circuit, Circuit] | None = None

    @property
    def is_sample(self) -> bool:
        """Whether these are the standard's sample tables, which no real meter understands."""
        return self.label == SAMPLE_LABEL

    def __repr__(self) -> str:
        """Return the label only; licensed tables are confidential."""
        return f"STATables({self.label!r})"

    def encryption(self) -> Lookup:
        """Return the lookup tables for encryption, built once."""
        if self._encryption is None:
            pair = (self.substitution_1, self.substitution_2)
            self._encryption = Lookup(pair, self.permutation, encryption_key_bit)
        return self._encryption

    def decryption(self) -> Lookup:
        """Return the lookup tables for decryption, built once."""
        if self._decryption is None:
            # A key bit of 0 selects the inverse of the second table: the standard numbers the
            # decryption tables the other way round.
            pair = (inverse(self.substitution_2), inverse(self.substitution_1))
            self._decryption = Lookup(pair, inverse(self.permutation), decryption_key_bit)
        return self._decryption

    def circuits(self) -> tuple[Circuit, Circuit]:
        """Return the substitutions as circuits of the plain key bit, to encrypt and to decrypt, made once.

        Making them takes up to half a second; only batches need them.
        """
        if self._circuits is None:
            from voltoken.sts.ciphers.sta_circuit import synthesise  # single tokens do without

            # The bits that choose in encryption are those of the complemented key.
            encryption = synthesise((self.substitution_2, self.substitution_1))
            decryption = synthesise((inverse(self.substitution_2), inverse(self.substitution_1)))
            self._circuits = encryption, decryption
        return self._circuits

    @classmethod
    def from_document(cls, document: object) -> STATables:
        """Read a table file's content, already parsed from JSON.

        document: an object with ``substitution_1``, ``substitution_2`` (16 numbers 0 to 15 each) and
            ``permutation`` (64 numbers 0 to 63). Optional are ``label``, and decryption tables, which are
            checked against the ones derived: ``decryption_substitution_1``, ``_2`` and
            ``decryption_permutation`` in the standard's order, or ``inverse_substitution_1``, ``_2`` and
            ``inverse_permutation``, each the inverse of its namesake. Other text is ignored; another table
            is refused, because nobody would have checked it.
        Raises FieldError that names the first fault and what to do about it.
        """
        where = "STA table file"
        if not isinstance(document, dict):
            raise FieldError(
                where, type(document).__name__, f"a JSON object with the keys {', '.join(_TABLE_KEYS)}"
            )
        missing = [key for key in _TABLE_KEYS if key not in document]
        if missing:
            raise FieldError(
                where, HIDDEN, f"an object with {', '.join(_TABLE_KEYS)}", f"Missing: {', '.join(missing)}."
            )
        known = (*_TABLE_KEYS, *_CHECK_KEYS)
        unknown = sorted(str(key) for key in document if key not in known and isinstance(document[key], list))
        if unknown:
            raise FieldError(where, HIDDEN, f"made of {', '.join(known)}", f"Unknown is {unknown[0]!r}.")
        label = document.get("label", "licensed tables")
        if not isinstance(label, str) or len(label) > 40 or not label.isprintable():
            raise FieldError("label", label, "text of at most 40 printable characters")
        first, second, permutation = (document[key] for key in _TABLE_KEYS)
        tables = cls(first, second, permutation, label)
        tables._check_decryption(document)
        return tables

    def _check_decryption(self, document: dict[Any, Any]) -> None:
        first, second = inverse(self.substitution_1), inverse(self.substitution_2)
        permutation = inverse(self.permutation)
        derived = dict(
            zip(_CHECK_KEYS, (second, first, permutation, first, second, permutation), strict=True)
        )
        for key, expected in derived.items():
            if key in document and _permutation_of(len(expected), key, document[key]) != expected:
                raise FieldError(
                    key,
                    HIDDEN,
                    "the inverse of the matching encryption table",
                    "The standard's decryption table 1 is the inverse of substitution 2, and 2 that of 1. "
                    "Check the order of the tables in the file, or leave the decryption tables out.",
                )


def _permutation_of(size: int, name: str, values: object) -> tuple[int, ...]:
    allowed = f"a list of the numbers 0 to {size - 1}, each exactly once"
    if not isinstance(values, list | tuple):
        raise FieldError(name, values, allowed)
    if len(values) != size:
        raise FieldError(name, HIDDEN, allowed, f"It has {len(values)} entries.")
    if any(value.__class__ is not int for value in values) or set(values) != set(range(size)):
        raise FieldError(name, HIDDEN, allowed, "An entry is repeated, out of range or no whole number.")
    return tuple(values)


_SAMPLE: Final = (
    (12, 10, 8, 4, 3, 15, 0, 2, 14, 1, 5, 13, 6, 9, 7, 11),
    (6, 9, 7, 4, 3, 10, 12, 14, 2, 13, 1, 15, 0, 11, 8, 5),
    (
        *(29, 27, 34, 9, 16, 62, 55, 2, 40, 49, 38, 25, 33, 61, 30, 23),
        *(1, 41, 21, 57, 42, 15, 5, 58, 19, 53, 22, 17, 48, 28, 24, 39),
        *(3, 60, 36, 14, 11, 52, 54, 12, 31, 51, 10, 26, 0, 45, 37, 43),
        *(44, 6, 59, 4, 7, 35, 56, 50, 13, 18, 32, 47, 46, 63, 20, 8),
    ),
)

SAMPLE_TABLES: Final = STATables(*_SAMPLE, label=SAMPLE_LABEL)
"""The tables the standard prints as an example: for tests and training only."""

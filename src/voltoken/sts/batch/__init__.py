"""The batch engine: columns in, columns out, bit for bit what the scalar path makes.

    >>> from voltoken.sts import *
    >>> from voltoken.sts import batch
    >>> vending_key = VendingKey(
    ...     bytes.fromhex("abababababababab949494949494949401234567"),
    ...     sgc=SGC("123457"), krn=KRN(1), base_date=BaseDate.BD1993,
    ... )
    >>> meters = ["600727000000000009", "600727000000000010"]
    >>> keys = batch.derive(meters, 1, Deriver(vending_key, EA.MISTY1))
    >>> values = {"rnd": 5, "tid": 5871660, "amount": batch.amount_fields([1, 256])}
    >>> sold = batch.encode(batch.code_of(0, 0), values, keys)
    >>> sold.tokens
    ['59386323472137426967', '']
    >>> sold.faults == [batch.Fault.NONE, batch.Fault.PAN]
    True
    >>> sold.error(1).field
    'pan'

A column is a list (or another sequence), a numpy array, or one number for all rows. Lists in, lists out;
arrays in, arrays out, and that is the fast way. Every answer has a column of faults, one byte a row: a bad
row never stops a batch and never disappears. Few rows go through the scalar loop, many through numpy
kernels; whoever calls sees no difference. Without numpy (the extra ``batch``) the scalar loop does it all.

Nothing here starts processes: a caller cuts its columns and spreads them over its own workers.
"""

from voltoken.sts.batch.amounts import amount_fields, amount_steps
from voltoken.sts.batch.derive import derive
from voltoken.sts.batch.faults import Fault
from voltoken.sts.batch.keychange import KeyChangeSets, encode_key_change
from voltoken.sts.batch.keys import DecoderKeys
from voltoken.sts.batch.names import code_of
from voltoken.sts.batch.rules import check_key_use
from voltoken.sts.batch.tokens import Decoded, Encoded, decode, encode

__all__ = [
    "Decoded",
    "DecoderKeys",
    "Encoded",
    "Fault",
    "KeyChangeSets",
    "amount_fields",
    "amount_steps",
    "check_key_use",
    "code_of",
    "decode",
    "derive",
    "encode",
    "encode_key_change",
]

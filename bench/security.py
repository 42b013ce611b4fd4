"""Figures of the security module: what it makes, with everything on the disk before it answers.

Wall time, because waiting for the disk is part of the work; the time of one fsync stands beside it. Medians
of rounds on fresh requests. Gates: ``issue_many`` makes at least 10,000 tokens a second, and single requests
of one client at least 1,000 a second. PKCS#11 is measured on SoftHSM where it is installed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from bench.measure import machine
from voltoken.drivers.custody import SharesProvider
from voltoken.drivers.local import (
    ClientDraft,
    Home,
    LocalModule,
    draft_settings,
    make_home,
    open_home,
    utc_now,
)
from voltoken.drivers.prism import Identity, PrismModule, PrismSettings, Serving, Trust
from voltoken.security import (
    CreditRequest,
    IssuedToken,
    KeyRef,
    KeyRegister,
    MeterId,
    ModuleRole,
    SecurityModule,
)
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    TCT,
    TI,
    TID,
    BaseDate,
    KeyType,
    MeterPAN,
    Service,
    TIDClock,
    key_check_value,
)

BATCH: Final = 10_000
ROUNDS: Final = 5
SINGLES: Final = 500
CALLERS: Final = 8
FSYNC_MS: Final = 0.7
"""A disk that takes longer for one fsync cannot serve 1,000 single requests a second: no verdict then."""
SOFTHSM: Final = Path("/usr/lib/softhsm/libsofthsm2.so")
_KEYS: Final = {
    EA.MISTY1: ("abababababababab949494949494949401234567", DKGA.DKGA04, "123457"),
    EA.STA: ("0abc12def3456789", DKGA.DKGA02, "123458"),
}
_PASSWORD: Final = "a password for the bench"  # noqa: S105 - of a module that lives for seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """One row. least: the gate, None where there is none."""

    name: str
    per_second: float
    least: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the gate holds."""
        return self.least is None or self.per_second >= self.least


@contextmanager
def module() -> Iterator[tuple[Home, LocalModule, Serving]]:
    """Give a module in a folder of its own, unsealed, with a key for each algorithm, and served."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "bench"
        drafts = {"till": ClientDraft(("*",), _PASSWORD, test_meters=True)}
        text = draft_settings("bench", ModuleRole.VENDING, drafts, None)
        text = text.replace("password =", "rate = 1000000\nburst = 10000000\npassword =")
        made = make_home(home, text, lambda _: SharesProvider(2, 3), now=datetime.now(UTC))
        opened = open_home(home)
        with Serving(opened, port=0) as serving:
            for share in made.shares[:2]:
                serving.module.keeper.unseal(share, by="bench")
            for ea in _KEYS:
                key = bytes.fromhex(_KEYS[ea][0])
                serving.module.keeper.load_key(register(ea), [key], by="bench")
            yield opened, serving.module, serving


def register(ea: EA) -> KeyRegister:
    """Return what the key for an algorithm is."""
    text, dkga, sgc = _KEYS[ea]
    key, now = bytes.fromhex(text), datetime.now(UTC)
    return KeyRegister(
        KeyRef(SGC(sgc), KRN(1)),
        KeyType.DUTK,
        dkga,
        frozenset({ea}),
        BaseDate.BD2014,
        KEN(255),
        8 * len(key),
        key_check_value(key),
        now - timedelta(days=1),
        now + timedelta(days=1),
        ulm=10**15,
        services=frozenset({Service.ELECTRICITY}),
        test=True,
    )


class Sales:
    """Fresh requests without end: every one for another meter and minute than all before."""

    def __init__(self, ea: EA) -> None:
        self._ea = ea
        self._key = register(ea).ref
        self._tid = int(TIDClock(BaseDate.BD2014).tid_at(datetime.now(UTC)))
        self._pans = [MeterPAN.build(ea.value, f"{number:08d}") for number in range(BATCH)]
        self._count = 0

    def take(self, count: int) -> list[CreditRequest]:
        """Return so many requests."""
        found = []
        for number in range(self._count, self._count + count):
            meter = MeterId(self._pans[number % BATCH], self._ea, TCT("02"), TI("01"))
            tid = self._tid - 2 * (number // BATCH)
            tid -= tid % 1440 == 1
            name = f"bench{self._ea}-{number}:1"
            found.append(CreditRequest(name, meter, self._key, Service.ELECTRICITY, 256, TID(tid)))
        self._count += count
        return found


def fsync_ms() -> float:
    """Return how long the disk takes to write 4 KiB for good, in milliseconds."""
    with tempfile.NamedTemporaryFile() as file:
        times = []
        for _ in range(200):
            file.write(b"x" * 4096)
            file.flush()
            start = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def _rate(work: Callable[[], int]) -> float:
    """Return how much work is done a second: the median of the rounds."""
    work()
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        done = work()
        rates.append(done / (time.perf_counter() - start))
    return statistics.median(rates)


def _many(till: SecurityModule, sales: Sales) -> int:
    answers = till.issue_many(sales.take(BATCH))
    for one in answers:
        if not isinstance(one, IssuedToken):
            raise SystemExit(f"bench: the module refused a good request: {one}")
    return BATCH


def _singles(till: SecurityModule, sales: Sales, count: int = SINGLES) -> int:
    _sell(till, sales.take(count))
    return count


def _callers(till: SecurityModule, sales: Sales, callers: int = CALLERS, each: int = 150) -> int:
    shares = [sales.take(each) for _ in range(callers)]
    threads = [
        threading.Thread(target=lambda few=few: [till.issue_credit(one) for one in few]) for few in shares
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return callers * each


def _sell(till: SecurityModule, requests: list[CreditRequest]) -> None:
    for request in requests:
        till.issue_credit(request)


def rates() -> list[Rate]:
    """Measure every row."""
    rows: list[Rate] = []
    at_once = 1_000 if fsync_ms() <= FSYNC_MS else None
    with module() as (home, local, serving):
        till = local.client("till")
        sales = {ea: Sales(ea) for ea in _KEYS}
        for ea, one in sales.items():
            name = f"issue_many, {BATCH:,} at once, DKGA{_KEYS[ea][1]}+EA{ea}"
            rows.append(Rate(name, _rate(partial(_many, till, one)), 10_000))
        misty = sales[EA.MISTY1]
        rows.append(Rate("single requests, one caller", _rate(lambda: _singles(till, misty)), at_once))
        rows.append(Rate(f"single requests, {CALLERS} callers", _rate(lambda: _callers(till, misty))))
        tls = home.folder / "tls"
        identity = Identity(tls / "till.pem", tls / "till.pem")
        settings = PrismSettings(serving.address, Trust(tls / "ca.pem"), "till", _PASSWORD, identity)
        remote = PrismModule(settings, [register(EA.MISTY1)], utc_now)
        try:
            rows.append(Rate("PrismToken over TLS, getStatus", _rate(lambda: _statuses(remote))))
            rows.append(Rate("PrismToken over TLS, one caller", _rate(lambda: _singles(remote, misty, 200))))
            rows.append(
                Rate("PrismToken over TLS, 4 callers", _rate(lambda: _callers(remote, misty, 4, 100)))
            )
        finally:
            remote.close()
    return [*rows, *_pkcs11_rates()]


def _statuses(remote: PrismModule, count: int = 200) -> int:
    for _ in range(count):
        remote.status()
    return count


def _pkcs11_rates() -> list[Rate]:
    """Measure derivations inside SoftHSM; nothing where it is not installed."""
    if not SOFTHSM.exists():
        return []
    from voltoken.drivers.pkcs11 import Pkcs11Token, Pkcs11Vault
    from voltoken.security import Wanted

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {folder}\n", encoding="utf-8")
        os.environ["SOFTHSM2_CONF"] = str(config)
        command = ["softhsm2-util", "--init-token", "--free", "--label", "bench"]
        subprocess.run([*command, "--pin", "123456", "--so-pin", "1234"], check=True, capture_output=True)  # noqa: S603 - our own words
        with Pkcs11Token.open(SOFTHSM, "bench", "123456") as token:
            vault = Pkcs11Vault(token, "bench")
            key = replace(register(EA.MISTY1), in_hardware=True)
            vault.put(key, bytes.fromhex(_KEYS[EA.MISTY1][0]))
            pans = [MeterPAN.build("00", f"{number:08d}") for number in range(1000)]
            wanted = [Wanted(key, EA.MISTY1, pan, TI("01")) for pan in pans]
            one = _rate(lambda: len([vault.decoder_key(each) for each in wanted]))
            many = _rate(lambda: len(vault.decoder_keys(wanted)))
    return [
        Rate("derivations in SoftHSM, one by one", one),
        Rate("derivations in SoftHSM, 1,000 at once", many),
    ]


def main() -> int:
    """Measure, print, and return the exit code: 1 when a gate does not hold."""
    disk, rows = fsync_ms(), rates()
    if "--json" in sys.argv[1:]:
        print(json.dumps({"machine": machine(), **document(disk, rows)}, indent=2))
    else:
        print(machine())
        print_rates(disk, rows)
    return 0 if all(one.passed for one in rows) else 1


def document(disk: float, rows: list[Rate]) -> dict[str, object]:
    """Return the figures for JSON."""
    figures = [{"name": one.name, "per_second": round(one.per_second), "passed": one.passed} for one in rows]
    return {"fsync_ms": round(disk, 3), "figures": figures}


def print_rates(disk: float, rows: list[Rate]) -> None:
    """Print the table."""
    print(f"\n{'Security module, wall time':<52}{'a second':>10}  (one fsync: {disk:.2f} ms)")
    for one in rows:
        gate = "" if one.least is None else f"  >= {one.least:,.0f} {'ok' if one.passed else 'FAILED'}"
        print(f"{one.name:<52}{one.per_second:>10,.0f}{gate}")


if __name__ == "__main__":
    sys.exit(main())

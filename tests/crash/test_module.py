"""A whole module whose process dies, or whose disk is full: what it has answered is there, once, for ever."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.sites import settings_text
from tests.crash.module_seller import open_module, request_of
from tests.tidy.source import ROOT
from tests.unit.security.desk import KEY, register, secret_of
from voltoken.drivers.custody.roots import SharesProvider
from voltoken.drivers.local.making import make_home
from voltoken.errors import ResultMissing
from voltoken.security import IssuedToken, Refusal
from voltoken.sts import BaseDate

pytestmark = pytest.mark.slow  # processes, sockets or disks at work

POINTS = ("begin", "rows", "before_commit", "after_commit")
RANDOM_KILLS = int(os.environ.get("VOLTOKEN_KILLS", "4"))


@dataclass
class House:
    """A module's folder, what unseals it, and all that its processes have said."""

    folder: Path
    shares: tuple[str, ...]
    base: int
    asked: set[str] = field(default_factory=set)
    got: dict[str, int] = field(default_factory=dict)

    def words(self, *words: object) -> list[str]:
        """Return the command line of a seller."""
        return [
            *(sys.executable, "-m", "tests.crash.module_seller"),
            *map(str, (self.folder, self.base, *words)),
        ]

    def run(self, *words: object) -> int:
        """Run a seller to its end, and return how it ended."""
        ended = subprocess.run(
            self.words(*words),
            cwd=ROOT,
            input="\n".join(self.shares),
            capture_output=True,
            text=True,
            check=False,
        )
        self.hear(ended.stdout)
        assert ended.returncode == -signal.SIGKILL or not ended.stderr, ended.stderr
        return ended.returncode

    def hear(self, text: str) -> None:
        """Take in what a process said until it died; its last line may be torn."""
        self.asked |= set(re.findall(r"^ask (\S+)\n", text, re.MULTILINE))
        self.got |= {
            name: int(token) for name, token in re.findall(r"^got (\S+) (\d+)\n", text, re.MULTILINE)
        }

    def faults(self) -> list[str]:
        """Say what is not as it was answered: by fetching, by asking again, and by the log."""
        found: list[str] = []
        module = open_module(self.folder, self.shares)
        try:
            report = module.keeper.verify_audit()
            found += report.faults
            till = module.client("till")
            lines = [json.loads(one.body) for one in module.keeper.audit()]
            issued = [one["facts"] for one in lines if one["kind"] == "issued.credit"]
            ((known, usage),) = module.keeper.list_keys()
            if usage.units != sum(one["units"] for one in issued) or usage.money:
                found.append(f"the counter of {known.ref} is {usage.units}")
            places = Counter((one["pan"], one["base_date"], one["tid"]) for one in issued)
            found += [f"{place} has {times} tokens" for place, times in places.items() if times > 1]
            booked = {one["request_id"]: one["units"] for one in issued}
            again = {name: request_of(name.removesuffix(":1"), self.base) for name in sorted(booked)}
            answers = dict(zip(again, till.issue_many(list(again.values())), strict=True))
            for name in sorted(self.asked):
                try:
                    kept = till.fetch_result(name)
                except ResultMissing:
                    if name in self.got:
                        found.append(f"{name} is lost")
                    if name in booked:
                        found.append(f"{name} is in the log without an answer")
                    continue
                if not isinstance(kept, IssuedToken) or kept.steps != booked.get(name):
                    found.append(f"{name} is not what the log says")
                elif int(kept.token) != self.got.get(name, int(kept.token)):
                    found.append(f"{name} was answered otherwise")
                elif answers[name] != kept:
                    found.append(f"{name} gets another answer now")
        finally:
            module.close()
        return found

    def sell_the_rest(self) -> None:
        """Ask again for what has no answer: each gets one, or another has its meter's TID."""
        module = open_module(self.folder, self.shares)
        try:
            names = sorted(self.asked - set(self.got))
            requests = [request_of(name.removesuffix(":1"), self.base) for name in names]
            answers = module.client("till").issue_many(requests)
            told = {one.code for one in answers if isinstance(one, Refusal)}
            assert told <= {"tid.claimed"}
            self.got |= {one.request_id: int(one.token) for one in answers if isinstance(one, IssuedToken)}
        finally:
            module.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    now = datetime.now(UTC)
    text = settings_text("crash")
    made = make_home(tmp_path / "home", text, lambda _: SharesProvider(2, 3), now=now - timedelta(seconds=1))
    base = int((now - BaseDate.BD2014.instant) / timedelta(minutes=1)) - 600
    span = RANDOM_KILLS + 20
    base -= span + 1 if (1 - base) % 1440 <= span else 0  # none of them is the reserved minute
    house = House(made.folder, made.shares[:2], base)
    module = open_module(house.folder, house.shares)
    module.keeper.load_key(register(KEY, ulm=10**9), [secret_of(KEY)], by="crash")
    module.close()
    return house


@pytest.mark.parametrize("point", POINTS)
def test_a_module_killed_at_a_named_point_has_what_it_answered_and_goes_on(house: House, point: str) -> None:
    for seed, nth in ((1, 1), (2, 9)):
        assert house.run(seed, 400, point, nth) == -signal.SIGKILL
        assert house.faults() == []
    assert len(house.got) > 4
    house.sell_the_rest()
    assert house.faults() == []


def test_a_module_killed_at_any_moment_has_what_it_answered_and_goes_on(house: House) -> None:
    chance = random.Random(7)
    for seed in range(1, RANDOM_KILLS + 1):
        with subprocess.Popen(
            house.words(seed, 100_000),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write("\n".join(house.shares))
            child.stdin.close()
            child.stdin = None
            heard = "".join(child.stdout.readline() for _ in range(chance.randint(10, 60)))
            try:
                rest, trouble = child.communicate(timeout=chance.uniform(0, 0.3))
            except subprocess.TimeoutExpired:
                child.kill()
                rest, trouble = child.communicate()
            assert child.returncode == -signal.SIGKILL, trouble
            house.hear(heard + rest)
        assert house.faults() == []
    assert len(house.got) > 10 * RANDOM_KILLS
    house.sell_the_rest()
    assert house.faults() == []


def test_the_check_sees_a_module_that_answers_before_its_disk_has_it(house: House) -> None:
    """The safeguard taken away: what the process said is then not there."""
    assert house.run(1, 400, "before_commit", 3, "eager") == -signal.SIGKILL
    assert any(one.endswith("is lost") for one in house.faults())


def test_the_check_sees_another_token_and_one_that_nobody_made(house: House) -> None:
    module = open_module(house.folder, house.shares)
    token = module.client("till").issue_credit(request_of("1-0-0", house.base))
    module.close()
    house.asked |= {"1-0-0:1", "1-0-1:1"}
    house.got = {"1-0-0:1": int(token.token)}
    assert house.faults() == []
    house.got = {"1-0-0:1": int(token.token) ^ 1, "1-0-1:1": 1}
    assert house.faults() == ["1-0-0:1 was answered otherwise", "1-0-1:1 is lost"]


@pytest.fixture
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        report = pytest.fail if os.environ.get("CI", "").lower() in {"1", "true"} else pytest.skip
        report("strace is not installed: apt-get install strace")
    return str(found)


SERVED = """
import os, sys
from pathlib import Path
from tests.contract.sites import PASSWORD
from tests.crash.module_seller import request_of
from tests.unit.security.desk import KEY, register
from voltoken.drivers.local.home import open_home
from voltoken.drivers.prism import Identity, PrismModule, PrismSettings, Trust
from voltoken.drivers.prism.serving import Serving
from voltoken.drivers.clock import utc_now

home = open_home(Path(sys.argv[1]))
tls = home.folder / "tls"
with Serving(home, port=0) as serving:
    for share in sys.stdin.read().split():
        serving.module.keeper.unseal(share, by="crash")
    one = Identity(tls / "till.pem", tls / "till.pem")
    settings = PrismSettings(serving.address, Trust(authority=tls / "ca.pem"), "till", PASSWORD, one)
    client = PrismModule(settings, [register(KEY)], utc_now)
    client.info()
    os.write(1, f"asking {serving.address.port}".encode())
    token = client.issue_credit(request_of("1-0-0", int(sys.argv[2])))
    os.write(1, f"got {int(token.token)}".encode())
    client.close()
"""

SYNC = re.compile(r"^\d+ +f(?:data)?sync\(\d+<[^>]*journal\.db-wal>\) += 0")
WRITE = re.compile(r"^\d+ +pwrite64\(\d+<[^>]*journal\.db-wal>")
SEND = re.compile(r'^\d+ +(?:write|sendto)\((?:\d+)<(?:TCP:\[127\.0\.0\.1:(\d+)->|[^>]*>, "(asking|got))')


def order_of(trace: str, port: int) -> list[str]:
    """Return what happened from the request to its answer: writes, syncs, sends of the server, answers."""
    events: list[str] = []
    for line in trace.splitlines():
        sent = SEND.match(line)
        if WRITE.match(line):
            events.append("write")
        elif SYNC.match(line):
            events.append("sync")
        elif sent and sent[2]:
            events.append(sent[2])
        elif sent and int(sent[1]) == port:
            events.append("send")
    start = events.index("asking")
    return events[start : events.index("got", start) + 1]


def test_the_disk_has_the_answer_before_the_wire_has_it(house: House, strace: str, tmp_path: Path) -> None:
    """Client, TLS, server, module, journal: each system call of one sale, in order."""
    trace = tmp_path / "trace"
    calls = "trace=fdatasync,fsync,write,sendto,pwrite64"
    program = [sys.executable, "-c", SERVED, str(house.folder), str(house.base)]
    ended = subprocess.run(
        [strace, "-f", "-yy", "-s", "16", "-e", calls, "-o", str(trace), *program],
        cwd=ROOT,
        input="\n".join(house.shares),
        capture_output=True,
        text=True,
        check=True,
    )
    said = re.fullmatch(r"asking (\d+)got (\d+)", ended.stdout)
    assert said is not None
    events = order_of(trace.read_text(), int(said[1]))
    assert "send" in events
    before = events[: events.index("send")]
    assert "write" in before
    assert before[-1] == "sync"
    module = open_module(house.folder, house.shares)
    kept = module.client("till").fetch_result("1-0-0.1")
    module.close()
    assert isinstance(kept, IssuedToken)
    assert int(kept.token) == int(said[2])


def test_the_order_of_a_trace_is_read_as_it_is() -> None:
    wal, socket = "7</x/journal.db-wal>", "9<TCP:[127.0.0.1:4000->127.0.0.1:5000]>"
    other = "8<TCP:[127.0.0.1:5000->127.0.0.1:4000]>"
    trace = "\n".join(
        (
            f"1 pwrite64({wal}, ...) = 5",
            '1 write(1<pipe:[3]>, "asking 4000", 11) = 11',
            f'1 write({other}, "..."...) = 40',
            f"2 pwrite64({wal}, ...) = 4096",
            f"2 fdatasync({wal}) = 0",
            f"2 fdatasync({wal}) = -1 EIO",
            f'2 sendto({socket}, "..."...) = 50',
            '1 write(1<pipe:[3]>, "got 5", 5) = 5',
        )
    )
    assert order_of(trace, 4000) == ["asking", "write", "sync", "send", "got"]


DISK_FULL = """
import resource, sys
from pathlib import Path
from tests.crash.module_seller import open_module, request_of
from voltoken.errors import ResultMissing, SecurityModuleError
from voltoken.security import Refusal

def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

home, base = Path(sys.argv[1]), int(sys.argv[2])
shares = sys.stdin.read().split()
module = open_module(home, shares)
till = module.client("till")
first = till.issue_credit(request_of("1-0-0", base))
room((home / "journal.db-wal").stat().st_size + int(sys.argv[3]))
many = [request_of(f"1-4-{n}", base) for n in range(3000)]
print({one.code if isinstance(one, Refusal) else "token" for one in till.issue_many(many)})
try:
    print("token", till.issue_credit(request_of("1-0-1", base)))
except SecurityModuleError as error:
    print(error.detail["refusal"], error.retry_safe)
print(till.status().issued)
room(resource.RLIM_INFINITY)
if till.status().state == "failed":
    module.close()
    module = open_module(home, shares)
    till = module.client("till")
print(till.status().state)
try:
    print("token", till.fetch_result("1-4-0:1"))
except ResultMissing:
    print("missing")
print(all(not isinstance(one, Refusal) for one in till.issue_many(many)))
print(till.issue_credit(request_of("1-0-0", base)) == first)
print(till.status().issued)
module.close()
"""


@pytest.mark.parametrize("size", [0, 5000, 300_000], ids=["at once", "within a page", "later"])
def test_a_full_disk_makes_no_token_and_with_room_all_goes_on(house: House, size: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DISK_FULL, str(house.folder), str(house.base), str(size)],
        cwd=ROOT,
        input="\n".join(house.shares),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not ended.stderr
    many, one, issued, *rest = ended.stdout.splitlines()
    if one == "module.journal True":  # the first commit left it open what is on the disk: nothing is
        assert (many, issued) == ("{'module.outcome_unknown'}", "1")
    else:  # the first one was taken back, and a single token still found room
        assert one.startswith("token IssuedToken(request_id='1-0-1:1'")
        assert (many, issued) == ("{'module.journal'}", "2")
    assert rest == ["ready", "missing", "True", "True", str(int(issued) + 3000)]
    assert house.faults() == []


def test_no_seller_is_left_out() -> None:
    """The five threads ask for different things, and every two of the first four for the same TIDs."""
    names: Sequence[str] = [f"1-{thread}-3" for thread in range(5)]
    places = Counter((one.meter.pan, one.tid) for one in (request_of(name, 6_000_000) for name in names))
    assert sorted(places.values()) == [1, 2, 2]

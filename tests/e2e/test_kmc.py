"""``voltoken kmc`` from its first two people to the drill: every command and every register by its real door.

Acts answer people and programs by turns; what only looks is asked in both forms.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from tests.e2e import kmc_site
from tests.e2e.conftest import Grown
from tests.e2e.kmc_site import BEGIN, BOX, NORTH, SGC, SHARES, TODAY, Outside, Site, acting, write
from tests.e2e.sessions import ask
from voltoken import canonical
from voltoken.cli import root
from voltoken.cli.kmc import kmc
from voltoken.cli.kmc.samples import IDS, VALUES, shown_fields
from voltoken.drivers.centre import Centre
from voltoken.kmc import NOTICE, REGISTERS
from voltoken.security.keyload import read_centre

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a centre needs Linux or macOS"),
]

KEY = f"{SGC}/1"
FORMS = {"text": (), "json": ("--json",)}
METERS = "pan,sgc,krn,ti,ea,base_date,ken,tct,purchases\n" + "".join(
    f"{pan},{SGC},1,01,07,14,255,02,{count}\n"
    for pan, count in (("600727000000000009", 12), ("600727011234567804", 0))
)


@pytest.fixture(scope="module")
def story(grown: Grown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Live the life of a centre up to a module that has its key, in a folder of its own."""
    before = Path.cwd()
    os.chdir(shutil.copytree(grown[0], tmp_path_factory.mktemp("life") / "here"))
    site = Site(alternating=True, heard=list(grown[1]))
    yield site
    os.chdir(before)


@pytest.fixture(params=FORMS)
def life(request: pytest.FixtureRequest, story: Site) -> Site:
    """The same centre, which answers in one form."""
    story.alternating, story.form = False, FORMS[request.param]
    return story


@pytest.fixture
def acts(story: Site) -> Site:
    """The same centre, which answers by turns."""
    story.alternating = True
    return story


def shown(site: Site, *words: object, code: int = 0) -> Any:
    """Run a command; return what it says: the JSON, or the text with its line ends as blanks."""
    answer = site.kmc(*words, code=code)
    return answer.json if site.form else " ".join(answer.out.split())


# ---------------------------------------------------------------- registers


def test_who_and_what_there_is(acts: Site) -> None:
    both, act = acts.both, acts.act
    both("role", "add", "clerk", "--actions", "organisation.add", "--only", '{"country": ["ZA"]}')
    both("person", "add", "gus", "--name", "Gus", "--roles", "clerk", "--public-key", "file:gus.pub")
    act(
        "alice", "organisation", "add", "meterco", "--name", "M", "--country", "ZA", "--kinds", "manufacturer"
    )
    act("gus", "organisation", "add", "testco", "--name", "T", "--country", "ZA", "--kinds", "laboratory")
    for name in ("meterco", "testco"):
        both("organisation", "accept", name)
    product = ("--organisation", "meterco", "--kind", "meter", "--model", "M1", "--edition", "2")
    act(
        "alice", "product", "add", "m1", *product, "--firmware", "1.0", "--eas", "07", "--carriers", "numeric"
    )
    act("alice", "product", "ready", "m1")
    both("mfr-code", "add", "0001", "--manufacturer", "meterco")
    both(
        "serial-range",
        "add",
        "0001-00100000",
        "--mfr-code",
        "0001",
        "--first",
        "00100000",
        "--last",
        "00199999",
    )
    until = f"{TODAY.year + 2}-01-01"
    paper = ("--accreditation", "17025-5", "--body", "SANAS", "--expires", until)
    both(
        "laboratory",
        "add",
        "lab",
        "--organisation",
        "testco",
        "--scope",
        "meter",
        "--editions",
        "1,2",
        *paper,
    )
    act("alice", "certification", "add", "m1-c", "--product", "m1")
    both("certification", "test", "m1-c", "--laboratory", "lab")
    report = ("--report", "0" * 64, "--report-number", "17", "--result", "pass")
    act("alice", "certification", "report", "m1-c", *report)
    both("certification", "certify", "m1-c", "--certificate", "C17", "--valid-until", until)
    assert acts.entry("certification", "m1-c").state == acts.entry("product", "m1").state == "certified"
    followed = acts.heard[-1][1]
    if acts.form:
        assert [one["state"] for one in followed.json["followed"]] == ["certified"]
    else:
        assert "product m1 is certified" in followed.out


def test_where_tokens_are_sold_and_by_which_practice(acts: Site) -> None:
    place = ("--organisation", "lakeside", "--version", "1", "--modules", BOX.module_id, "--groups", SGC)
    contact = ("--contact-name", "Fay", "--contact-phone", "+27 1")
    acts.act("alice", "installation", "add", "main", *place, *contact)
    checklist = write("checklist.json", '[{"item": "4.2", "text": "Keys are split"}]')
    acts.both("practice", "add", "cop-1", "--number", "COP-1", "--title", "Keys", "--checklist", checklist)
    acts.act("alice", "assessment", "add", "a-1", "--practice", "cop-1", "--organisation", "lakeside")
    evidence = json.dumps({"4.2": {"digest": "0" * 64, "name": "minutes"}})
    acts.act("alice", "assessment", "show", "a-1", "--evidence", evidence)
    acts.act("alice", "assessment", "complete", "a-1")
    acts.both("assessment", "accept", "a-1", "--valid-until", f"{TODAY.year + 1}-01-01")
    assert acts.entry("assessment", "a-1").state == "accepted"


def test_other_centres_and_who_owns_a_group(acts: Site) -> None:
    identity = write("north.centre.json", NORTH.document)
    name = ("--name", "North", "--identity", identity)
    acts.both("centre", "add", "north", *name, "--fingerprint", read_centre(NORTH.document).fingerprint)
    acts.both("trust-list", "add", "1")
    assert Path("centre.trust.1.json").exists()
    given = ("--direction", "out", "--sgc", SGC, "--centre", "north", "--agreed-on", f"{TODAY:%Y-%m-%d}")
    acts.kmc("transfer", "draft", "centre", "t-1", *given, "--to", "t-1.draft")
    acts.kmc("sign", "t-1.draft", "--key", "lakeside.key")
    signed = ("--names", "file:t-1.draft", "--signature", "file:t-1.draft.sig")
    acts.act("alice", "transfer", "add", "t-1", *given, *signed)
    acts.act("alice", "transfer", "abandon", "t-1", "--note", "not now")
    acts.kmc("supply-group", "draft", "centre", SGC, "--owner", "newco", "--to", "hand.draft")
    for who, option in (("lakeside", "old"), ("newco", "new")):
        acts.kmc("sign", "hand.draft", "--key", f"{who}.key", "--to", f"{option}.sig")
    signed = ("--old-signature", "file:old.sig", "--new-signature", "file:new.sig")
    acts.both("supply-group", "hand-over", SGC, "--owner", "newco", *signed)
    assert acts.entry("supply_group", SGC).get("owner") == "newco"


def test_a_revision_and_an_incident(acts: Site) -> None:
    kmc_site.vending_key(acts, 2, "--bits", "160", "--dkga", "04", "--base-date", "14")
    acts.both("vending-key", "generate", f"{SGC}/2")
    given = ("--from-key", KEY, "--to-key", f"{SGC}/2", "--reason", "rotation")
    acts.act("alice", "revision", "add", "rev-1", *given)
    when = ("--found-at", BEGIN, "--drill", "yes")
    acts.act(
        "alice", "incident", "add", "i-1", "--kind", "key", "--subject", KEY, "--title", "A drill", *when
    )


# ---------------------------------------------------------------- what there is to see


def test_the_status_counts_what_is_there(life: Site) -> None:
    said = shown(life, "status", "centre")
    with Centre.look(Path("centre")) as centre:
        fingerprint, lines = centre.state.fingerprint(), centre.state.lines
    if life.form:
        assert (said["centre"], said["notice"], said["lines"]) == ("centre", NOTICE, lines)
        assert said["fingerprint"] == fingerprint
        assert said["registers"]["person"] >= 6
        assert said["requests"] == said["reviews"] == []
    else:
        assert NOTICE in said
        assert fingerprint[:16] in said
        assert re.search(r"person [0-9]+ [0-9]+ active", said)
        assert "No request waits." in said


@pytest.mark.parametrize("name", REGISTERS)
def test_a_register_is_listed_whole(life: Site, name: str) -> None:
    with Centre.look(Path("centre")) as centre:
        entries = list(centre.state.of(name))
    said = shown(life, "list", "centre", name.replace("_", "-"))
    if life.form:
        assert said["entries"] == json.loads(json.dumps([one.document for one in entries]))
        return
    for entry in entries:
        assert f"{entry.entry_id} {entry.state}" in said
    assert entries or said.startswith("No ")
    assert max(map(len, life.heard[-1][1].out.splitlines())) <= 80


def test_a_list_can_be_of_one_state_only(life: Site) -> None:
    said = shown(life, "list", "centre", "vending_key", "--state", "withdrawn")
    assert said == (
        {"register": "vending_key", "entries": []} if life.form else "No vending-key is withdrawn."
    )


@pytest.mark.parametrize(
    ("register", "entry_id"), [("vending-key", KEY), ("module", BOX.module_id), ("ceremony", "key-1")]
)
def test_an_entry_is_shown_with_its_history(life: Site, register: str, entry_id: str) -> None:
    said = shown(life, "show", "centre", register, entry_id)
    if life.form:
        assert said["entry"]["id"] == entry_id
        steps = [one["step"] for one in said["history"]]
        assert (steps[0], said["history"][-1]["version"]) == ("add", said["entry"]["version"])
    else:
        assert said.startswith(f"{register} {entry_id} State ")
        assert re.search(r" add \w+ 20\d\d-\d\d-\d\d \d\d:\d\d alice r[0-9]+-[0-9a-f]{6}", said)
        assert max(map(len, life.heard[-1][1].out.splitlines())) <= 80


@pytest.mark.parametrize("name", REGISTERS)
def test_a_register_is_explained_whole(life: Site, name: str) -> None:
    register = REGISTERS[name]
    said = shown(life, "registers", name.replace("_", "-"))
    asked = [step for step in register.steps if not step.inner]
    if life.form:
        assert [one["name"] for one in said["fields"]] == [one.name for one in register.fields]
        assert [one["name"] for one in said["steps"]] == [one.name for one in asked]
        return
    squeezed = said.replace(" ", "")
    for text in (register.text, *register.states, *(step.name.replace("_", "-") for step in asked)):
        assert text.replace(" ", "") in squeezed
    for one in register.fields:
        assert one.kind.allowed.replace(" ", "") in squeezed


def test_all_registers_are_named(life: Site) -> None:
    said = shown(life, "registers")
    for register in REGISTERS.values():
        assert (said["registers"][register.name] if life.form else said).find(register.text) >= 0


def test_the_log_is_shown_from_a_line_on(life: Site) -> None:
    said = shown(life, "log", "centre", "--from", "14")
    if life.form:
        assert (said["lines"][0]["seq"], said["lines"][1]["kind"]) == (14, "request.filed")
    else:
        assert said.startswith("14 20")
        assert "request.filed centre_key.add alice (r1-" in said
        assert max(map(len, life.heard[-1][1].out.splitlines())) <= 80
    assert shown(life, "log", "centre", "--from", "99999") == (
        {"lines": []} if life.form else "There is no such line."
    )


def test_papers_are_listed_and_fetched_again(life: Site) -> None:
    name = f"centre.{BOX.module_id}.1.klf.json"
    digest = hashlib.sha256(Path(name).read_bytes()).hexdigest()
    said = shown(life, "papers", "centre")
    if life.form:
        assert said["papers"][name] == digest
    else:
        assert f"{name} {digest[:16]}..." in said
    before = Path(name).read_bytes()
    Path(name).unlink()
    shown(life, "papers", "centre", name)
    assert Path(name).read_bytes() == before
    copy = f"copy{len(life.form)}.json"
    said = shown(life, "papers", "centre", name, "--to", copy)
    assert Path(copy).read_bytes() == before
    assert said == ({"file": copy, "sha256": digest} if life.form else f"Written: {copy}")


def test_minutes_can_be_printed(life: Site) -> None:
    page = f"minutes{len(life.form)}.html"
    said = shown(life, "minutes", "centre", "key-1", "--to", page)
    assert "alice" in Path(page).read_text("utf-8")
    if life.form:
        assert said["minutes"]["ceremony"] == "key-1"
        with Centre.look(Path("centre")) as centre:
            entry = centre.state.entry("ceremony", "key-1")
        assert entry is not None
        assert said["hash"] == entry.get("minutes")
    else:
        assert said == f"Written: {page}"
    assert "done" in str(shown(life, "ceremony", "next", "centre", "key-1"))


# ---------------------------------------------------------------- requests


def test_requests_are_seen_rejected_and_taken_back(life: Site) -> None:
    asked = []
    for person, word in (("bob", "rejected"), ("alice", "withdrawn")):
        shown(life, "role", "withdraw", "centre", "auditor", *acting("alice"))
        with Centre.look(Path("centre")) as centre:
            request = list(centre.state.requests.values())[-1].request
        said = shown(life, "requests", "centre", request.request_id)
        waiting = shown(life, "requests", "centre")
        status = shown(life, "status", "centre")
        if life.form:
            assert said["hash"] == request.hash
            assert said["document"] == json.loads(
                json.dumps(canonical.read(canonical.write(request.document()).encode(), 1 << 20))
            )
            assert (
                [one["request"] for one in waiting["requests"]] == status["requests"] == [request.request_id]
            )
        else:
            assert f"Request {request.request_id}: role.withdraw Entry role auditor Asked by alice" in said
            assert f"{request.request_id} open role.withdraw auditor alice 0 of 1" in waiting
            assert f"voltoken kmc requests centre {request.request_id}" in status
        ended = shown(
            life, "approve", "centre", request.request_id, "--reject", "--reason", "no", *acting(person)
        )
        assert word in str(ended)
        asked.append(request.request_id)
    everything = shown(life, "requests", "centre", "--all")
    assert all(one in str(everything) for one in asked)
    assert shown(life, "requests", "centre") == ({"requests": []} if life.form else "No request is open.")


def test_an_approval_and_carrying_out_are_two_commands(life: Site) -> None:
    asked = shown(life, "organisation", "change", "centre", "newco", "--address", "1 Hill", *acting("alice"))
    request_id = asked["request"] if life.form else asked.split()[1]
    said = shown(life, "requests", "centre", request_id)
    assert "1 Hill" in str(said)
    approved = shown(life, "approve", "centre", request_id, *acting("bob"))
    if life.form:
        assert (approved["missing"], approved["done"]) == (0, False)
    else:
        assert approved.endswith(f"Carry it out: voltoken kmc carry-out centre {request_id}")
    done = shown(life, "carry-out", "centre", request_id)
    if life.form:
        assert (done["approved_by"], done["entry"]["values"]["address"]) == (["bob"], "1 Hill")
    else:
        assert re.fullmatch(r"organisation newco is member \(version [0-9]\), approved by bob.", done)


def test_glass_is_broken_and_somebody_else_looks_at_it(life: Site) -> None:
    krn = 3 + len(life.form)
    kmc_site.vending_key(life, krn, "--bits", "160", "--dkga", "04", "--base-date", "14")
    life.both("vending-key", "generate", f"{SGC}/{krn}")
    asked = shown(
        life, "vending-key", "compromise", "centre", f"{SGC}/{krn}", "--note", "x", *acting("alice")
    )
    request_id = asked["request"] if life.form else asked.split()[1]
    done = shown(life, "carry-out", "centre", request_id, "--break-glass", "at night", *acting("alice"))
    assert "compromised" in str(done)
    status = shown(life, "status", "centre")
    alarms = shown(life, "log", "centre", "--alarms")
    if life.form:
        assert status["reviews"] == [request_id]
        assert {one["kind"] for one in alarms["lines"]} >= {"glass.broken"}
    else:
        assert f"voltoken kmc review centre {request_id} --reason TEXT --as NAME --key FILE" in status
        assert "alarm glass.broken" in alarms
    life.refused("review", "centre", request_id, "--reason", "mine", *acting("alice"), reason="self")
    said = shown(life, "review", "centre", request_id, "--reason", "seen", *acting("bob"))
    assert said == (
        {"request": request_id, "reviewed_by": "bob"} if life.form else f"{request_id} was looked at by bob."
    )


# ---------------------------------------------------------------- planning and care


def test_plans_clocks_and_drills_are_read_off_the_registers(life: Site) -> None:
    write("meters.csv", METERS)
    meters = ("--meters", "meters.csv", "--even-waves", "1", "--visits", "1")
    plan = shown(life, "plan", "centre", SGC, "--from", KEY, *meters)
    assert (plan["to"] if life.form else plan).startswith(f"{SGC}/" if life.form else f"From {KEY} to {SGC}/")
    assert "100" in str(shown(life, "exposure", "centre", KEY, *meters))
    drill = shown(life, "drill", "centre", "key", KEY, *meters)
    assert BOX.module_id in str(drill)


def test_a_backup_is_proven_and_restored(life: Site) -> None:
    file = f"{len(life.form)}.backup"
    said = shown(life, "backup", "centre", "--file", file, *SHARES)
    size = Path(file).stat().st_size
    assert Path(file).stat().st_mode & 0o077 == 0
    with Centre.look(Path("centre")) as centre:
        lines, fingerprint = centre.state.lines, centre.state.fingerprint()
    assert (said["bytes"] if life.form else said) == (
        size if life.form else f"Written: {file}, {size:,} bytes, all {lines - 1} lines of the log."
    )
    proved = shown(life, "rehearse", file, "--centre", "centre", *SHARES)
    alone = shown(life, "rehearse", file, *SHARES)
    if life.form:
        assert (proved["byte_equal"], alone["byte_equal"]) == (True, False)
        assert proved["fingerprint"] == alone["fingerprint"] == fingerprint
    else:
        assert "equal to the living centre, byte by byte" in proved
        assert "as the backup says they were" in alone
    again = shown(life, "restore", file, "again", *SHARES)
    assert fingerprint in str(again)
    assert "sound" in str(shown(life, "verify", "again"))
    shutil.rmtree("again")


def test_the_log_is_verified_without_a_key(life: Site) -> None:
    with Centre.look(Path("centre")) as centre:
        public, lines = centre.public_key.hex(), centre.state.lines
    said = shown(life, "verify", "centre", "--public-key", public)
    if life.form:
        assert (said["sound"], said["faults"], said["lines"]) == (True, [], lines)
    else:
        assert said.startswith(f"The log of centre is sound: {lines} lines")
    wrong = shown(life, "verify", "centre", "--public-key", "0" * 64, code=13)
    assert "pinned" in str(wrong)
    assert (said := shown(life, "upgrade", "centre")) == (
        {**said, "from": 3, "to": 3} if life.form else "The file has version 3 already."
    )


def test_a_component_and_a_key_are_made(life: Site) -> None:
    said = shown(life, "component", f"{len(life.form)}.part", "--bits", "160")
    assert len(bytes.fromhex(Path(f"{len(life.form)}.part").read_text("utf-8"))) == 20
    assert Path(f"{len(life.form)}.part").stat().st_mode & 0o077 == 0
    assert Path(f"{len(life.form)}.part").read_text("utf-8").strip() not in str(said)
    os.environ["PHRASE"] = "a long enough passphrase"
    said = shown(life, "key", f"hugo{len(life.form)}.key", "--passphrase", "env:PHRASE")
    public = Path(f"hugo{len(life.form)}.pub").read_text("utf-8").strip()
    del os.environ["PHRASE"]
    if life.form:
        assert said["public_key"] == public
    else:
        assert re.fullmatch(
            r"hugo0.key is yours alone; hugo0.pub is for the centre. Fingerprint: (\w{4} ?){4}", said
        )


def test_heads_are_kept_elsewhere(story: Site) -> None:
    story.form = ("--json",)
    said = shown(story, "head", "centre", "--to", "heads", *SHARES)
    assert said["line"] == said["lines"]
    assert shown(story, "verify", "centre", "--witness", "heads")["sound"]


def test_every_command_and_every_register_is_named_in_a_test() -> None:
    """A command that is added needs a line here or beside this file, where its real door is used."""
    here = Path(__file__).parent
    told = "".join(file.read_text(encoding="utf-8") for file in here.glob("*kmc*.py"))
    assert isinstance(kmc, click.Group)
    names = kmc.list_commands(click.Context(kmc))
    assert [
        name for name in names if f'"{name}"' not in told and f'"{name.replace("-", "_")}"' not in told
    ] == []


# ---------------------------------------------------------------- help


def test_the_help_lists_the_registers_apart() -> None:
    said = ask("kmc", "--help").out
    commands, registers = said.split("\nRegisters (")
    for name in REGISTERS:
        assert f"\n  {name.replace('_', '-')} " in registers
        assert f"\n  {name.replace('_', '-')} " not in commands


@pytest.mark.parametrize("name", REGISTERS)
def test_examples_of_registers_can_be_typed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is understood by its command, and each value in it by its field."""
    monkeypatch.chdir(tmp_path)
    register = REGISTERS[name]
    assert register.identifier.value("id", IDS[name])
    group = root.get_command(click.Context(root), "kmc").get_command(click.Context(kmc), name)  # type: ignore[union-attr]
    assert isinstance(group, click.Group)
    for step in register.steps:
        command = group.get_command(click.Context(group), step.name.replace("_", "-"))
        if step.inner or command is None:
            continue
        for line in str(command.epilog).splitlines():
            words = shlex.split(line)
            assert words[:4] == ["voltoken", "kmc", name.replace("_", "-"), step.name.replace("_", "-")]
            command.make_context(step.name, words[4:])
        for one in shown_fields(register, step):
            field, value = register.field(one), VALUES.get(f"{name}.{one}", VALUES.get(one))
            assert field is not None
            assert value is not None
            if not value.startswith("file:"):
                field.kind.value(one, value)


def test_outside_sees_what_the_centre_says(story: Site) -> None:
    assert Outside().trust().centre("centre") is not None

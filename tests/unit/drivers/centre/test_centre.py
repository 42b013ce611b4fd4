"""An open centre: it asks, approves, carries out, keeps secrets, and says no in its log."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.tidy.source import ROOT
from tests.unit.drivers.centre import world
from tests.unit.drivers.centre.world import Place, act, approve, ask, kinds
from voltoken.access import Verdict
from voltoken.drivers.centre import (
    Centre,
    World,
    create_centre,
    read_log,
    replace_root,
    verify_centre,
    write_identity,
)
from voltoken.drivers.centre.acts import ROOT as ROOT_SECRET
from voltoken.drivers.centre.keys import Keys
from voltoken.drivers.centre.lines import hash_of
from voltoken.drivers.centre.schema import APPLICATION_ID
from voltoken.drivers.centre.store import POINTS
from voltoken.drivers.custody import (
    Argon2Cost,
    PassphraseProvider,
    Purpose,
    RootKey,
    Sealer,
    SharesProvider,
)
from voltoken.drivers.journal import FileWitness
from voltoken.errors import (
    ActRefused,
    ApprovalRefused,
    CentreError,
    CentreFileError,
    CentreSealed,
    FieldError,
    JournalError,
    RuleError,
    SealBroken,
    ShareRefused,
)
from voltoken.kmc import NOTICE, Plan, State, Tools, Work


def test_a_new_centre_has_its_founders_and_their_roles(place: Place) -> None:
    with place.open() as centre:
        assert {entry.entry_id for entry in centre.state.of("person")} == {*world.PEOPLE}
        assert centre.state.entry("role", "officer") is not None
        assert centre.state.created["notice"] == NOTICE
        assert centre.centre_id == world.CENTRE
        assert centre.public_key.hex() == place.public_key
        assert centre.sealed
        assert repr(centre) == "<centre C1, sealed>"
    assert repr(centre) == "<centre C1, closed>"


def test_the_folder_and_everything_in_it_is_its_owners_alone(place: Place) -> None:
    with place.unsealed() as centre:
        world.signing_key(centre)
        assert place.folder.stat().st_mode & 0o077 == 0
        for file in place.folder.iterdir():
            assert file.stat().st_mode & 0o077 == 0


def test_an_act_needs_its_approvals_and_stays(place: Place) -> None:
    with place.open() as centre:
        request_id = ask(centre, "role.withdraw", "custodian")
        assert centre.plan(request_id).after.state == "withdrawn"
        with pytest.raises(ApprovalRefused) as caught:
            centre.carry_out(request_id)
        assert caught.value.reason == "missing"
        approve(centre, request_id, "ben")
        done = centre.carry_out(request_id)
        assert done.approvers == ("ben",)
        assert done.entry.state == "withdrawn"
        before = centre.state.export()
    with place.open() as centre:
        assert centre.state.export() == before
        assert centre.state.requests[request_id].outcome == "done"


def test_a_rejected_or_withdrawn_request_is_closed(place: Place) -> None:
    with place.open() as centre:
        rejected = ask(centre, "role.withdraw", "custodian")
        approve(centre, rejected, "ben", Verdict.REJECT)
        withdrawn = ask(centre, "role.withdraw", "custodian")
        approve(centre, withdrawn, "ada", Verdict.REJECT)
        for request_id in (rejected, withdrawn):
            with pytest.raises(ApprovalRefused):
                approve(centre, request_id, "cem")
    with place.open() as centre:
        assert centre.state.requests[rejected].outcome == "rejected"
        assert centre.state.requests[withdrawn].outcome == "withdrawn"


def test_what_breaks_a_rule_is_refused_before_anything_is_filed(place: Place) -> None:
    with place.open() as centre:
        with pytest.raises(ActRefused) as caught:
            world.draft(centre, "country.change", "XX", {"name": "Nowhere"})
        assert caught.value.reason == "unknown"
        with pytest.raises(FieldError):
            world.draft(centre, "country.add", "Kenya", {"name": "Kenya"})
        (line,) = read_log(centre, 13)  # what is only mistyped leaves none
        assert (line.kind, line.alarm) == ("act.refused", False)
        assert (line.facts["by"], line.facts["act"], line.facts["reason"]) == (
            "ada",
            "country.change",
            "unknown",
        )
    with Centre.look(place.folder, world=place.world()) as centre, pytest.raises(ActRefused):
        world.draft(centre, "country.change", "XX", {"name": "Nowhere"})


def test_an_act_that_is_refused_to_an_odd_name_is_on_record_without_it(place: Place) -> None:
    with place.open() as centre:
        for name in ("\udcff", "x" * 41):
            with pytest.raises(ActRefused):
                centre.draft(name, f"{name}s", "add", "KE", {})
        assert [(line.facts["by"], line.facts["act"]) for line in read_log(centre, 13)] == [("", "")] * 2


def test_a_request_that_nobody_filed_is_refused_without_its_name_when_that_is_odd(place: Place) -> None:
    with place.open() as centre:
        for request_id in ("nothing", "\udcff", "x" * 41):
            with pytest.raises(ActRefused):
                centre.carry_out(request_id)
        assert [line.facts["request"] for line in read_log(centre, 13)] == ["nothing", "", ""]


def test_an_act_with_secrets_waits_for_the_keys_and_leaves_no_trace(place: Place) -> None:
    with place.open() as centre:
        request_id = ask(centre, "centre_key.add", "first", world.SPAN)
        approve(centre, request_id)
        lines = centre.state.lines
        with pytest.raises(CentreSealed):
            centre.carry_out(request_id)
        assert centre.state.lines == lines
        assert [centre.unseal(share).complete for share in place.shares[1:]] == [False, True]
        assert place.hardened == 2
        done = centre.carry_out(request_id)
        name = f"signing_key/{done.entry.get('kid')}"
        assert name in centre.state.secrets
        assert len(centre.secret(name)) == 32
        centre.seal()
        with pytest.raises(CentreSealed):
            centre.secret(name)
        with pytest.raises(CentreSealed):
            centre.head()
    with place.open() as centre:
        assert name in centre.state.secrets


def test_no_secret_stands_in_the_file_or_in_what_is_shown(place: Place) -> None:
    with place.unsealed() as centre:
        done = world.signing_key(centre)
        secret = centre.secret(f"signing_key/{done.entry.get('kid')}")
        for text in (repr(done), repr(centre), repr(centre.strongroom), repr(centre.strongroom.keys)):
            assert secret.hex() not in text
    for file in place.folder.iterdir():
        assert secret not in file.read_bytes()
        assert secret.hex().encode() not in file.read_bytes()


def test_a_destroyed_secret_is_gone_from_the_file(place: Place) -> None:
    with place.unsealed() as centre:
        kid = world.signing_key(centre).entry.get("kid")
        world.signing_key(centre, "second")
        row = centre.store.row("SELECT sealed FROM secrets WHERE name = ?", f"signing_key/{kid}")
        act(centre, "centre_key.retire", "first", {"note": "no longer needed"})
        assert f"signing_key/{kid}" not in centre.state.secrets
        with pytest.raises(CentreFileError, match="There is no secret"):
            centre.secret(f"signing_key/{kid}")
    assert row[0] not in place.file.read_bytes()


def test_a_file_that_was_made_can_be_fetched_again(place: Place) -> None:
    with place.unsealed() as centre:
        world.signing_key(centre)
        done = world.trust_list(centre)
        ((name, content),) = done.files.items()
    with Centre.look(place.folder) as centre:
        assert [*centre.papers()] == [name]
        assert centre.paper(name) == content
        with pytest.raises(CentreFileError, match="has made no file"):
            centre.paper("other.json")
    with world.by_hand(place.file) as connection:
        connection.execute("UPDATE papers SET content = x'00'")
    with place.open() as centre, pytest.raises(CentreFileError, match="was changed"):
        centre.paper(name)
    assert "was changed" in verify_centre(place.folder).faults[0]


def test_the_identity_of_a_centre_is_signed_by_its_keys(place: Place) -> None:
    from voltoken.security.keyload import read_centre

    with place.unsealed() as centre:
        kid = world.signing_key(centre).entry.get("kid")
        name, content = write_identity(centre)
        assert name == "C1.centre.json"
        identity = read_centre(content)
        assert [key.kid for key in identity.keys] == [kid]
        assert identity.exchange_key is not None
        assert identity.exchange_key.hex() == centre.state.created["exchange_key"]


def test_a_wrong_share_is_an_alarm(place: Place, tmp_path: Path) -> None:
    other = world.make(tmp_path / "other")
    with place.open() as centre:
        with pytest.raises(ShareRefused):
            centre.unseal(other.shares[0])
        (last,) = read_log(centre, centre.state.lines)
        assert last.kind == "centre.unseal_failed"
        assert last.alarm


def test_an_unsealed_centre_signs_its_head_with_every_line(place: Place, tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    with place.unsealed() as centre:
        world.country(centre)
        head = centre.head()
        assert head.seq == centre.state.lines
        assert head.is_signed_by(centre.public_key)
        FileWitness(witness).send(head)
    report = verify_centre(place.folder, witness=witness, public_key=place.public_key)
    assert report.faults == ()
    assert report.heads == 4  # made, unsealed, asked, carried out
    with world.by_hand(place.file) as connection:
        connection.execute("DELETE FROM heads WHERE seq > 13")
        connection.execute("DELETE FROM log WHERE seq > 13")
    report = verify_centre(place.folder, witness=witness)
    assert "its tail was cut off" in report.faults[0]


def test_glass_is_broken_for_an_act_and_reviewed_by_another(place: Place) -> None:
    with place.unsealed() as centre:
        world.signing_key(centre)
        request_id = ask(centre, "centre_key.compromise", "first", {"note": "stolen"})
        request = centre.state.requests[request_id].request
        done = centre.carry_out(request_id, glass=world.glass(request, "ada", centre.now()))
        assert done.approvers == ()
        alarms = [line.kind for line in read_log(centre) if line.alarm]
        assert alarms == ["glass.broken"]
        assert [*centre.state.reviews] == [request_id]
        with pytest.raises(ApprovalRefused) as caught:
            centre.review(request_id, world.looked(request, "ada", centre.now()))
        assert caught.value.reason == "self"
        centre.review(request_id, world.looked(request, "ben", centre.now()))
    with place.open() as centre:
        assert not centre.state.reviews
        assert kinds(centre)[-1] == "glass.reviewed"


def test_a_centre_to_look_at_waits_for_nobody_and_changes_nothing(place: Place) -> None:
    with place.open() as busy, Centre.look(place.folder, world=place.world()) as centre:
        request = world.draft(centre, "country.add", "KE", {"name": "Kenya"})
        with pytest.raises(CentreFileError, match="opened to look"):
            centre.ask(request, world.signed_by("ada", request.signed_bytes()))
        with pytest.raises(CentreFileError, match="opened to look"):
            centre.unseal(place.shares[0])
        before = centre.state.lines
        world.country(busy)
        assert len(kinds(centre)) == before


def test_a_second_process_is_refused_clearly_or_waits(place: Place) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom voltoken.drivers.centre import Centre\n"
        "from voltoken.errors import CentreFileError\n"
        "try:\n    Centre.open(Path(sys.argv[1]), patience_s=float(sys.argv[2]))\n"
        "except CentreFileError as error:\n    print(error.message)\nelse:\n    print('open')\n"
    )

    def other(patience_s: int) -> str:
        words = [sys.executable, "-c", program, str(place.folder), str(patience_s)]
        return subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    centre = place.open()
    assert "Another process has this centre open" in other(0)
    # It lets go while the other one waits.
    release = threading.Timer(0.5, centre.close)
    release.start()
    assert other(60) == "open\n"
    release.join()


def test_the_same_centre_cannot_be_opened_twice_in_one_process_either(place: Place) -> None:
    with place.open(), pytest.raises(CentreFileError, match="Another process"):
        place.open(patience_s=0.1)
    place.open().close()


def test_a_centre_in_rehearsal_has_a_day_of_its_own(tmp_path: Path) -> None:
    place = world.make(tmp_path / "c", rehearsal_days=-700)
    place.time.pass_(hours=1)
    with place.open() as centre:
        assert centre.now() == place.time.moment - timedelta(days=700)
        done = world.country(centre)
        assert done.entry.since == centre.now()
        assert centre.state.rehearsal_days == -700
    assert verify_centre(place.folder).faults == ()


def test_a_closed_centre_says_so(place: Place) -> None:
    centre = place.open()
    centre.close()
    centre.close()
    with pytest.raises(CentreFileError, match="is closed"):
        centre.root_record()


def test_a_full_disk_or_a_broken_one_leaves_the_centre_as_it_was(place: Place) -> None:
    left = {"lines": 1}

    def probe(name: str) -> None:
        if left.get(name):
            left[name] -= 1
            raise OverflowError("no room")

    place.probe = probe
    with place.open() as centre:
        before = centre.state.export()
        with pytest.raises(CentreFileError, match="cannot be written: no room"):
            world.country(centre)
        assert centre.state.export() == before
        world.country(centre)  # nothing is left behind


@pytest.mark.parametrize("lost", ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"])
def test_nothing_is_written_any_more_when_it_is_not_known_what_the_disk_has(place: Place, lost: str) -> None:
    with place.open() as centre:
        connection = centre.store.connection

        class Torn:
            def __getattr__(self, name: str) -> object:
                return getattr(connection, name)

            def execute(self, statement: str) -> object:
                if statement == lost:
                    raise OverflowError("power failed")
                return connection.execute(statement)

            def executemany(self, statement: str, rows: object) -> object:
                if lost == "ROLLBACK" and "log" in statement:
                    raise OverflowError("power failed")
                return connection.executemany(statement, rows)  # type: ignore[arg-type]

        centre.store.connection = Torn()  # type: ignore[assignment]
        with pytest.raises(CentreFileError, match="power failed"):
            world.country(centre)
        if lost != "BEGIN IMMEDIATE":  # which changes nothing
            with pytest.raises(CentreFileError, match="not written any more"):
                world.country(centre)
        centre.store.connection = connection
    with place.open() as centre:
        world.country(centre)


@pytest.mark.parametrize("point", POINTS)
def test_what_stops_a_commit_at_any_point_is_all_or_nothing(place: Place, point: str) -> None:
    class Stopped(Exception):
        """Ends a commit."""

    def probe(name: str) -> None:
        if name == point:
            raise Stopped

    with place.open() as centre:
        request_id = ask(centre, "role.withdraw", "custodian")
        approve(centre, request_id)
    place.probe = probe
    with place.open() as centre, pytest.raises(Stopped):
        centre.carry_out(request_id)
    with Centre.look(place.folder) as centre:
        after = centre.state.requests[request_id].outcome
        assert after == ("done" if point == "after_commit" else "")
        role = centre.state.entry("role", "custodian")
        assert role is not None
        assert role.state == ("withdrawn" if after else "active")


def test_the_root_key_is_lent_to_the_jobs_that_share_it_only(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent: list[bytes] = []

    def job(_: object, __: object, tools: Tools) -> Work:
        lent.append(tools.secret(ROOT_SECRET))
        return Work()

    jobs = {"new_signing_key": job, "split": job}
    monkeypatch.setattr("voltoken.drivers.centre.acts.JOBS", jobs)
    with place.unsealed() as centre:
        request_id = ask(centre, "centre_key.add", "first", world.SPAN)
        approve(centre, request_id)
        with pytest.raises(CentreError, match="not lent to the job new_signing_key"):
            centre.carry_out(request_id)
        assert lent == []
        assert centre._lend(ROOT_SECRET) == centre.strongroom.root.reveal()


@pytest.mark.parametrize(
    ("work", "error"),
    [
        (Work(keep={"exchange": b"x"}), "none ever takes its place"),
        (Work(files={"../away": b"x"}), "no folder takes"),
        (Work(told="for one's eyes"), "to nobody who is there"),
    ],
    ids=["a secret there already", "a file elsewhere", "a secret told to anybody"],
)
def test_a_job_that_goes_too_far_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch, work: Work, error: str
) -> None:
    facts = {"kid": "0" * 16, "public_key": place.public_key}
    done = Work(facts=facts, keep=work.keep, files=work.files, told=work.told)
    monkeypatch.setattr("voltoken.drivers.centre.acts.JOBS", {"new_signing_key": lambda *_: done})
    with place.unsealed() as centre:
        request_id = ask(centre, "centre_key.add", "first", world.SPAN)
        approve(centre, request_id)
        before = centre.state.export()
        with pytest.raises(CentreError, match=error):
            centre.carry_out(request_id)
        assert centre.state.export() == before


def test_a_job_gets_the_secrets_and_papers_that_it_asks_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def job(state: State, plan: Plan, tools: Tools) -> Work:
        seen.extend([tools.secret("exchange"), tools.papers, tools.typed, tools.now, len(tools.chance(5))])
        assert plan.after.entry_id == "first"
        assert state.centre_id == world.CENTRE
        facts = {"kid": "0" * 16, "public_key": place.public_key}
        return Work(facts=facts, destroy=("never there",))

    monkeypatch.setattr("voltoken.drivers.centre.acts.JOBS", {"new_signing_key": job})
    with place.unsealed() as centre:
        request_id = ask(centre, "centre_key.add", "first", world.SPAN)
        approve(centre, request_id)
        exchange, now = centre.secret("exchange"), centre.now()
        done = centre.carry_out(request_id, papers=[b"a paper"], typed="a component")
        # What is typed goes to nobody but a step that is carried out while its maker is there.
        assert seen == [exchange, {hash_of(b"a paper"): b"a paper"}, "", now, 5]
        assert done.told == ""
        assert [*centre.state.secrets] == ["exchange"]
    assert verify_centre(place.folder).faults == ()


def test_a_job_that_this_program_has_not_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voltoken.drivers.centre.acts.JOBS", {})
    with place.unsealed() as centre:
        request_id = ask(centre, "centre_key.add", "first", world.SPAN)
        approve(centre, request_id)
        with pytest.raises(CentreError, match="cannot do the job new_signing_key"):
            centre.carry_out(request_id)


def test_new_shares_open_the_centre_and_the_old_ones_do_not(place: Place) -> None:
    with place.unsealed() as centre:
        shares = replace_root(centre, SharesProvider(2, 2), by="ada")
        (last,) = read_log(centre, centre.state.lines)
        assert (last.kind, last.alarm) == ("centre.root_changed", True)
    with place.open() as centre:
        with pytest.raises(ShareRefused):
            centre.unseal(place.shares[0])
        assert [centre.unseal(share).complete for share in shares] == [False, True]
    assert verify_centre(place.folder).faults == ()


def test_a_centre_under_a_passphrase_unseals_with_it(tmp_path: Path) -> None:
    provider = PassphraseProvider("correct horse battery", Argon2Cost(19_456, 2, 1))
    made = create_centre(
        tmp_path / "c", centre_id="C9", provider=provider, founders=world.founders(), now=world.START
    )
    assert made.shares == ()
    with Centre.open(tmp_path / "c", world=World(clock=lambda: world.START, protect=list)) as centre:
        assert centre.root_record()["provider"] == "passphrase"
        with pytest.raises(ShareRefused):
            centre.unseal("wrong horse battery")
        assert centre.unseal("correct horse battery").complete
        assert not centre.sealed
        assert repr(centre) == "<centre C9, unsealed>"


def test_a_centre_is_not_made_over_anything(tmp_path: Path, place: Place) -> None:
    for folder in (place.folder, place.file):
        with pytest.raises(CentreFileError, match="is not empty"):
            world.make(folder)
    assert not [file for file in tmp_path.iterdir() if file.name.endswith(".new")]


def test_a_centre_is_made_in_the_folder_where_somebody_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    world.make(Path())
    monkeypatch.chdir(tmp_path / "here")
    assert verify_centre(Path()).faults == ()
    with pytest.raises(CentreFileError, match="here is not empty"):
        world.make(Path())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CentreFileError, match=f"There is no centre in {tmp_path.name}"):
        Centre.look(Path())


def test_a_centre_is_not_made_of_what_makes_none(tmp_path: Path) -> None:
    def attempt(**changes: object) -> None:
        words = {"centre_id": "C1", "founders": world.founders(), "now": world.START, "rehearsal_days": 0}
        create_centre(tmp_path / "c", provider=SharesProvider(2, 3), **(words | changes))  # type: ignore[arg-type]

    for changes in (
        {"centre_id": "C 1"},
        {"rehearsal_days": 40_000},
        {"rehearsal_days": True},
        {"now": world.START.replace(tzinfo=None)},
    ):
        with pytest.raises(FieldError):
            attempt(**changes)
    with pytest.raises(ActRefused) as caught:
        attempt(founders=world.founders()[:1])
    assert caught.value.reason == "last_officers"
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CentreFileError, match="cannot be made"):
        world.make(tmp_path / "file" / "c")


@pytest.mark.parametrize("mode", [0o750, 0o705])
def test_a_folder_that_others_look_into_is_not_opened(place: Place, mode: int) -> None:
    place.folder.chmod(mode)
    with pytest.raises(CentreFileError, match="chmod"):
        place.open()


def test_a_file_that_others_read_is_not_opened(place: Place) -> None:
    place.file.chmod(0o640)
    with pytest.raises(CentreFileError, match="chmod"):
        place.open()


def test_a_lock_that_cannot_be_taken_is_an_error_of_ours(place: Place) -> None:
    place.file.with_name("centre.db.lock").symlink_to("elsewhere")
    with pytest.raises(CentreFileError):
        place.open()


def test_what_is_no_centre_is_said_to_be_none(tmp_path: Path, place: Place) -> None:
    with pytest.raises(CentreFileError, match="voltoken kmc init"):
        Centre.open(tmp_path / "nothing")
    place.file.write_bytes(b"no database at all, and rather long for a text")
    with pytest.raises(CentreFileError, match="cannot be read as a centre's file"):
        place.open()
    with pytest.raises(CentreFileError, match="cannot be read as a centre's file"):
        Centre.look(place.folder)


def test_a_copy_on_a_medium_that_cannot_be_written_can_be_looked_at(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for beside in place.folder.glob("centre.db-*"):
        beside.unlink()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Centre.look(place.folder) as centre:
        assert centre.state.lines == 12


def test_what_holds_secrets_is_not_copied(place: Place) -> None:
    import pickle

    with place.unsealed() as centre:
        for held in (centre.strongroom, centre.strongroom.keys):
            with pytest.raises(RuleError):
                pickle.dumps(held)


def test_keys_that_were_wiped_do_nothing_more() -> None:
    with RootKey.generate("C1") as root:
        signing, keys = Keys.begin(root)
        assert Keys(root, signing).public_key == keys.public_key
        assert keys.open("a", keys.keep("a", b"secret")) == b"secret"
        with pytest.raises(SealBroken):
            keys.open("b", keys.keep("a", b"secret"))
        keys.wipe()
        for use in (keys.backup_key, lambda: keys.sign(b"")):
            with pytest.raises(CentreSealed):
                use()
        sealer = Sealer(root, Purpose.SIGNING)
        with pytest.raises(SealBroken, match="length"):
            Keys(root, sealer.seal(b"short", b"signing key"))


def test_a_signing_key_that_does_not_open_is_another_centres(place: Place) -> None:
    with place.open() as centre:
        record = centre.root_record()
        centre.strongroom.offer(record, bytes(77), place.shares[0])
        with pytest.raises(CentreFileError, match="not the centre's own"):
            centre.strongroom.offer(record, bytes(77), place.shares[1])
        with pytest.raises(CentreSealed):
            centre.strongroom.root.reveal()
    with world.by_hand(place.file) as connection:
        connection.execute("DELETE FROM meta WHERE name = 'signing'")
    with pytest.raises(CentreFileError, match="has no signing key"):
        place.open()


def test_a_root_record_that_leads_nowhere_is_said_to(place: Place) -> None:
    with place.open() as centre, pytest.raises(CentreFileError, match="root record"):
        centre.strongroom.offer({"provider": "none"}, b"", "anything")


def test_a_scalar_that_is_no_key_of_the_curve_is_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def point(scalar: bytes) -> bytes:
        drawn.append(len(scalar))
        if len(drawn) < 3:
            raise FieldError("exchange", "", "a scalar of the curve")
        return bytes(65)

    monkeypatch.setattr("voltoken.security.keyload.exchange_public", point)
    world.make(tmp_path / "c")
    assert drawn == [32, 32, 32]


def test_a_lock_that_the_system_refuses_is_not_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> object:
        raise JournalError("The disk is gone.")

    monkeypatch.setattr("voltoken.drivers.journal.file.Lock", refuse)
    with pytest.raises(CentreFileError, match="The disk is gone"):
        place.open(patience_s=60)


def test_a_disk_without_a_write_ahead_log_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    connect = sqlite3.connect

    def in_memory(*_: object, **__: object) -> sqlite3.Connection:
        copy = connect(":memory:", isolation_level=None)
        copy.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        copy.execute("PRAGMA user_version = 1")
        return copy

    monkeypatch.setattr("sqlite3.connect", in_memory)
    with pytest.raises(CentreFileError, match="choose a local disk"):
        place.open()

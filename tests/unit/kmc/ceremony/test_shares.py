"""Shares of the root key in a ceremony: the right one, read back by the right custodian."""

from __future__ import annotations

import itertools

import pytest

from tests.unit.kmc.ceremony.hall import CUSTODIANS, ROOT, Hall, refused, secrets_in
from voltoken.errors import FieldError, RuleError
from voltoken.kmc.ceremony import PRACTICE_ROOT, Action, Turn, practice_shares, share_check_value
from voltoken.kmc.values import Entry
from voltoken.security import Share, combine, randomness_bytes, split


def splits(threshold: int = 2, seed: int = 3) -> tuple[Share, ...]:
    """Return three shares of the root key."""
    return split(ROOT, threshold, 3, bytes(seed + at for at in range(randomness_bytes(32, threshold))))


def proving(*shares: Share) -> Hall:
    """Return a centre whose custodians hold these shares, with centre-root p1 at the first of them."""
    hall = Hall()
    hall.plan("p1", script="centre-root", vending_key=None, bits=None, threshold=2)
    hall.shares = {person: share.text for person, share in zip(CUSTODIANS, shares, strict=True)}
    hall.run("p1", until=Action.SHARE)
    return hall


def backing_up() -> Hall:
    """Return a centre with backup-shares b1, in which a first share was handed out."""
    hall = Hall()
    hall.plan("b1", script="backup-shares", vending_key=None, bits=None, threshold=2)
    hall.run("b1", until=Action.SHARE)
    return hall


def read_back(hall: Hall, entry_id: str, share: Share) -> Entry:
    """Let the custodian whose turn it is type a share, with its check value."""
    turn: Turn = hall.turn(entry_id)
    evidence = {"check_value": share_check_value(share)}
    return hall.act(turn.person, "share", entry_id, share.text, number=turn.number, evidence=evidence)


def test_a_share_is_shown_once_with_its_check_value_and_kept_no_longer() -> None:
    hall = backing_up()
    share, check, *_ = hall.work.told.splitlines()
    assert check == f"check value {share_check_value(Share.parse(share))}"
    assert secrets_in(hall) == ["share/b1/2", "share/b1/3"]
    assert share not in repr(hall.work)
    with pytest.raises(KeyError):
        hall.secrets["share/b1/1"]


def test_a_custodian_reads_back_the_share_that_was_handed_out() -> None:
    hall = backing_up()
    other = next(share for share in splits() if share.text != hall.shares["carol"])
    assert refused(read_back, hall, "b1", other).reason == "check_value"
    turn = hall.turn("b1")
    evidence = hall.evidence(turn, "b1")
    error = refused(hall.act, "carol", "share", "b1", other.text, number=turn.number, evidence=evidence)
    assert error.reason == "share_check"


def test_the_check_value_that_is_read_from_paper_is_that_of_the_share() -> None:
    hall = proving(*splits())
    turn, share = hall.turn("p1"), splits()[0]
    evidence = {"check_value": "ABCDEF"}
    error = refused(hall.act, "carol", "share", "p1", share.text, number=turn.number, evidence=evidence)
    assert error.reason == "check_value"


def test_text_that_is_no_share_is_refused_and_not_repeated() -> None:
    hall = proving(*splits())
    text = splits()[0].text[:-1]
    with pytest.raises(FieldError) as caught:
        hall.act("carol", "share", "p1", text, number=3, evidence={"check_value": "ABCDEF"})
    assert text[4:12] not in repr(caught.value) + str(caught.value.detail)


def test_a_share_of_another_threshold_is_refused() -> None:
    hall = proving(*splits())
    assert refused(read_back, hall, "p1", splits(3)[0]).reason == "share_check"


def test_shares_of_two_sets_are_not_mixed() -> None:
    hall = proving(*splits())
    hall.take("p1")
    hall.take("p1")
    assert "another set" in refused(read_back, hall, "p1", splits(seed=9)[1]).message


def test_nobody_reads_back_the_share_of_another() -> None:
    hall = proving(*splits())
    hall.take("p1")
    hall.take("p1")
    assert "was entered before" in refused(read_back, hall, "p1", splits()[0]).message


def test_shares_of_another_key_do_not_prove_the_root_key() -> None:
    hall = proving(*split(bytes(32), 2, 3, bytes(randomness_bytes(32, 2))))
    hall.run("p1", until=Action.RECOVER)
    assert refused(hall.take, "p1").reason == "share_check"
    assert hall.act("olga", "abort", "p1", reason="foreign shares").state == "aborted"
    assert secrets_in(hall) == []


def test_a_forged_share_does_not_prove_the_root_key() -> None:
    one, two, three = splits()
    forged = Share(two.set_id, 2, two.number, bytes([two.y[0] ^ 1]) + two.y[1:])
    hall = proving(one, forged, three)
    hall.run("p1", until=Action.RECOVER)
    with pytest.raises(RuleError) as caught:
        hall.take("p1")
    assert caught.value.rule == "share_forged"


@pytest.mark.parametrize("threshold", range(2, 10))
def test_shares_for_practice_are_the_same_everywhere_and_any_quorum_suffices(threshold: int) -> None:
    shares = practice_shares(threshold, 9)
    assert shares == practice_shares(threshold, 9)
    for some in itertools.islice(itertools.combinations(shares, threshold), 12):
        assert combine(some) == PRACTICE_ROOT


def test_a_check_value_of_a_share_is_six_digits_of_its_text() -> None:
    share = Share(b"\xde\xad\xbe\xef", 2, 3, bytes(range(12)))
    assert share_check_value(share) == share_check_value(Share.parse(share.text.lower()))
    assert len({share_check_value(one) for one in splits()}) == 3

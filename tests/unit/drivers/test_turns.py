"""The fair queue: everybody gets a turn, a full queue says so at once, nothing is lost or doubled."""

from __future__ import annotations

import itertools
import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.drivers.turns import Turns
from voltoken.errors import FieldError, ModuleUnavailable

JOIN_S = 30


def filled(**waiting: int) -> Turns[str]:
    """Return a queue in which each client has so many jobs waiting: a1, a2, b1 and so on."""
    turns: Turns[str] = Turns(limit_per_client=20_000, limit=40_000)
    for client, jobs in waiting.items():
        for number in range(1, jobs + 1):
            turns.put(client, f"{client}{number}")
    return turns


def test_clients_take_turns() -> None:
    assert filled(a=3, b=1, c=2).take(6) == ["a1", "b1", "c1", "a2", "c2", "a3"]


def test_turns_go_on_from_one_taking_to_the_next() -> None:
    turns = filled(a=3, b=3)
    assert [turns.take(1) for _ in range(3)] + [turns.take(3)] == [["a1"], ["b1"], ["a2"], ["b2", "a3", "b3"]]


def test_one_job_passes_ten_thousand_of_another_client() -> None:
    turns = filled(flood=10_000)
    turns.put("till", "mine")
    assert turns.take(2) == ["flood1", "mine"]


def test_coming_back_gives_no_earlier_turn() -> None:
    turns = filled(quick=1, a=2, b=2)
    assert turns.take(1) == ["quick1"]
    turns.put("quick", "quick2")
    assert turns.take(3) == ["a1", "b1", "quick2"]


def test_no_more_are_taken_than_are_asked_for_or_there() -> None:
    turns = filled(a=5)
    assert turns.take(2) == ["a1", "a2"]
    assert len(turns) == 3
    assert turns.take(99) == ["a3", "a4", "a5"]
    assert len(turns) == 0


def test_a_client_with_too_many_is_refused_and_others_are_not() -> None:
    turns: Turns[int] = Turns(limit_per_client=2, limit=10)
    turns.put("a", 1)
    turns.put("a", 2)
    with pytest.raises(ModuleUnavailable) as refused:
        turns.put("a", 3)
    assert refused.value.detail["refusal"] == "module.busy"
    assert refused.value.retry_safe
    turns.put("b", 4)
    assert turns.take(9) == [1, 4, 2]
    turns.put("a", 5)
    assert turns.take(9) == [5]


def test_a_full_queue_refuses_everybody_until_there_is_room() -> None:
    turns: Turns[int] = Turns(limit_per_client=2, limit=3)
    for number, client in enumerate("aab"):
        turns.put(client, number)
    with pytest.raises(ModuleUnavailable, match="Too many"):
        turns.put("c", 9)
    turns.take(1)
    turns.put("c", 9)
    assert sorted(turns.drain()) == [1, 2, 9]


def test_a_closed_queue_takes_and_gives_nothing_but_can_be_drained() -> None:
    turns = filled(a=2, b=1)
    turns.close()
    turns.close()
    with pytest.raises(ModuleUnavailable, match="closed") as refused:
        turns.put("a", "late")
    assert refused.value.retry_safe
    assert turns.take(1) == []
    assert turns.drain() == ["a1", "b1", "a2"]
    assert turns.drain() == []


def test_who_waits_is_woken_by_a_job() -> None:
    turns: Turns[str] = Turns()
    taken: list[list[str]] = []
    waiting = threading.Thread(target=lambda: taken.append(turns.take(5)), daemon=True)
    waiting.start()
    turns.put("a", "job")
    waiting.join(JOIN_S)
    assert taken == [["job"]]


def test_everybody_who_waits_is_woken_when_it_closes() -> None:
    turns: Turns[str] = Turns()
    taken: list[list[str]] = []
    waiting = [threading.Thread(target=lambda: taken.append(turns.take(5)), daemon=True) for _ in range(3)]
    for one in waiting:
        one.start()
    turns.close()
    for one in waiting:
        one.join(JOIN_S)
    assert taken == [[], [], []]


@pytest.mark.parametrize("limits", [(0, 1), (1, 0), (-1, 1), (1.5, 2), (True, 1)])
def test_limits_are_whole_numbers_from_one_up(limits: tuple[int, int]) -> None:
    with pytest.raises(FieldError):
        Turns(*limits)


@pytest.mark.parametrize("most", [0, -1, 1.5])
def test_nobody_takes_none(most: int) -> None:
    with pytest.raises(FieldError):
        filled(a=1).take(most)


@given(
    steps=st.lists(st.one_of(st.sampled_from("abc"), st.integers(1, 4)), max_size=60),
    per_client=st.integers(1, 5),
    limit=st.integers(1, 9),
)
def test_every_job_is_taken_once_in_its_clients_order(
    steps: list[str | int], per_client: int, limit: int
) -> None:
    turns: Turns[tuple[str, int]] = Turns(per_client, limit)
    put: list[tuple[str, int]] = []
    taken: list[tuple[str, int]] = []
    for number, step in enumerate(steps):
        if isinstance(step, int):
            taken += turns.take(step) if len(turns) else []
            continue
        waiting = Counter(client for client, _ in put)[step] - Counter(client for client, _ in taken)[step]
        if len(turns) < limit and waiting < per_client:
            turns.put(step, (step, number))
            put.append((step, number))
        else:
            with pytest.raises(ModuleUnavailable):
                turns.put(step, (step, number))
    taken += turns.drain()
    for client in "abc":
        assert [job for job in taken if job[0] == client] == [job for job in put if job[0] == client]


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=60))
def test_nobody_waits_longer_than_one_turn_of_each_other_client(clients: list[str]) -> None:
    turns: Turns[str] = Turns()
    for client in clients:
        turns.put(client, client)
    order = turns.drain()
    for client in set(clients):
        places = [place for place, one in enumerate(order) if one == client]
        for before, after in itertools.pairwise(places):
            between = order[before + 1 : after]
            assert len(between) == len(set(between))
        assert places[0] < len(set(clients))


def test_threads_lose_and_double_nothing() -> None:
    turns: Turns[int] = Turns(limit_per_client=1_000, limit=4_000)
    taken: list[int] = []

    def put_all(client: int) -> None:
        for number in range(500):
            turns.put(f"client {client}", client * 1_000 + number)

    def take_all() -> None:
        while jobs := turns.take(7):
            taken.extend(jobs)

    takers = [threading.Thread(target=take_all, daemon=True) for _ in range(3)]
    putters = [threading.Thread(target=put_all, args=(client,), daemon=True) for client in range(4)]
    for one in (*takers, *putters):
        one.start()
    for one in putters:
        one.join(JOIN_S)
    turns.close()
    for one in takers:
        one.join(JOIN_S)
    assert sorted([*taken, *turns.drain()]) == [
        client * 1_000 + number for client in range(4) for number in range(500)
    ]

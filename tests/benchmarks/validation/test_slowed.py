"""A planted slowdown takes exactly its share longer, by a clock that the test turns, and nothing is slowed twice."""

import itertools
from dataclasses import dataclass

import pytest

from benchmarks.validation.slowed import cost, slow_subclasses, slowed


class Clock:
    """Stands still but for `work`, and goes on by a nanosecond whenever it is read."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        self.now += 1
        return self.now

    def work(self, duration):
        self.now += duration


@pytest.mark.parametrize("share", [0.03, 0.06, 1.5])
@pytest.mark.parametrize("duration", [1_000, 50_000])
def test_a_call_takes_its_share_longer(share, duration):
    clock = Clock()
    slowed(clock.work, share, clock)(duration)
    assert clock.now == pytest.approx(duration * (1 + share), abs=6)  # readings of the clock take time as well


def test_each_call_is_slowed_by_its_own_duration():
    clock = Clock()
    work = slowed(clock.work, 0.5, clock)
    taken = []
    for duration in (1_000, 8_000):
        before = clock.now
        work(duration)
        taken.append(clock.now - before)
    assert taken == pytest.approx([1_500, 12_000], abs=6)


def test_what_it_costs_by_itself_is_made_up_for():
    clock = Clock()
    slowed(clock.work, 0.5, clock, overhead=100)(1_000)
    assert clock.now == pytest.approx(1_500 - 100, abs=6)


def test_its_own_cost_is_told_by_the_clock():
    ticks = itertools.count()
    assert cost(lambda: next(ticks), calls=10) == 0  # by a clock that no call moves, nothing costs anything
    assert 0 < cost() < 1e6


def test_what_is_asked_and_answered_passes_through():
    assert slowed(lambda a, *, b: (a, b), 0.1)(1, b=2) == (1, 2)
    with pytest.raises(ZeroDivisionError):
        slowed(lambda: 1 / 0, 0.1)()


def test_every_subclass_is_slowed_once_where_it_defines_the_method():
    class Base:
        def work(self):
            return "base"

    slow_subclasses(Base, "work", 0.0)

    @dataclass(slots=True)  # makes the class anew
    class Child(Base):
        size: int = 0

        def work(self):
            return "child"

    class Grandchild(Child):
        pass

    assert not hasattr(Base.work, "__wrapped__")
    assert not hasattr(Child.work.__wrapped__, "__wrapped__")
    assert Grandchild.work is Child.work
    assert Grandchild().work() == "child"

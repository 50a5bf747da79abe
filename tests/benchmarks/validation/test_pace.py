"""The pace so far tells the time left, and lines do not come too often."""

from benchmarks.validation.pace import EVERY, Pace


def test_the_time_left_is_that_of_the_rest_at_the_pace_of_this_session():
    now, said = [0.0], []
    pace = Pace(total=100, done=40, say=said.append, clock=lambda: now[0])
    now[0] = 60.0
    pace.show(70, "cells")
    assert said == ["cells: 70 of 100, 1.0 min so far, about 1.0 left"]


def test_lines_come_seldom_and_only_where_there_is_news():
    now, said = [0.0], []
    pace = Pace(total=10, done=2, say=said.append, clock=lambda: now[0])
    for done, seconds in ((2, 2 * EVERY), (3, EVERY / 2), (4, 3 * EVERY), (5, 3.5 * EVERY), (6, 4 * EVERY)):
        now[0] = seconds
        pace.show(done, "cells")
    assert [line.split(":")[1].split()[0] for line in said] == ["4", "6"]

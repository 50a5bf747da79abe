"""Words at the top of a picture never cover each other, and never leave it."""

from matplotlib.backends.backend_agg import FigureCanvasAgg

from reports import style
from reports.history import flags


def arranged(words):
    with style.themed():
        figure, axes = style.axes_of(270, 50, 26)
        axes.set_xlim(-0.5, 99.5)
        found = flags.arranged(axes, words)
        room = flags.headroom(axes, found, [1.0, 10.0])
        style.log_axis(axes, "y", [1.0, 10.0, *room], "value", str)
        flags.draw(axes, found)
        renderer = FigureCanvasAgg(figure).get_renderer()
        boxes = [text.get_window_extent(renderer) for text in axes.texts if text.get_text().startswith("▲")]
        return found, boxes, axes.get_window_extent(renderer), axes


def test_words_lie_beside_each_other_within_the_picture() -> None:
    found, boxes, frame, _ = arranged([(float(place), f"▲ +{place} %") for place in range(0, 90, 15)])
    assert len(found) == 6
    assert {flag.row for flag in found} >= {0, 1}
    assert not [1 for place, box in enumerate(boxes) for other in boxes[:place] if box.overlaps(other)]
    assert all(frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1 for box in boxes)


def test_words_without_room_are_left_out() -> None:
    found, _, _, _ = arranged([(50.0, "▲ +10 %")] * 9)
    assert len(found) == flags.MOST_ROWS


def test_values_stay_below_the_words() -> None:
    _, boxes, _, axes = arranged([(float(place), "▲ +10 %") for place in (10, 12, 14)])
    highest = axes.transData.transform((0, 10.0))[1]
    assert all(box.y0 >= highest for box in boxes)


def test_without_words_there_is_no_headroom() -> None:
    with style.themed():
        _, axes = style.axes_of(270, 50, 26)
        assert flags.headroom(axes, [], [1.0]) == []

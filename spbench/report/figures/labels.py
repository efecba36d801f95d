"""Labels beside marks, where there is room for them."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

_SIDES = (("left", 1), ("right", -1))
_PLACES = [
    (away * right, up, side, "bottom" if up > 0 else "top" if up < 0 else "center")
    for away, ups in ((7, (5, -5)), (8, (0,)), (4, (9, -9)), (15, (0, 8, -8, 14, -14)))
    for up in ups
    for side, right in _SIDES
]
"""The nearest first: points to the right, points up, and which side of the text is there."""
_MARK = 5.0
"""Points around the middle of a mark that no text may cover."""


def label(
    axes: Axes,
    places: Sequence[tuple[float, float]],
    texts: Sequence[str],
    colours: Sequence[str],
) -> int:
    """Write each text beside its mark, at the first place where it touches no mark and no text.

    Call it when the canvas is laid out and its scales are set. Returns how many texts found no
    place: these are not written.
    """
    dots = axes.figure.dpi / 72
    taken = [_around(x, y, _MARK * dots) for x, y in axes.transData.transform(places)]
    left_out = 0
    for place, text, colour in zip(places, texts, colours, strict=True):
        box = _write(axes, place, text, colour, taken)
        if box is None:
            left_out += 1
        else:
            taken.append(box)
    return left_out


def _write(
    axes: Axes, place: tuple[float, float], text: str, colour: str, taken: Sequence[Bbox]
) -> Bbox | None:
    renderer = axes.figure.canvas.get_renderer()
    frame = axes.get_window_extent(renderer)
    for right, up, side, edge in _PLACES:
        note = axes.annotate(
            text,
            place,
            (right, up),
            textcoords="offset points",
            ha=side,
            va=edge,
            fontsize=7,
            color=colour,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )
        note.set_in_layout(False)  # what was laid out stays where it is
        box = note.get_window_extent(renderer)
        corners = [(box.x0, box.y0), (box.x1, box.y1)]
        if all(frame.contains(*each) for each in corners) and not box.count_overlaps(taken):
            return box
        note.remove()
    return None


def _around(x: float, y: float, reach: float) -> Bbox:
    return Bbox.from_extents(x - reach, y - reach, x + reach, y + reach)

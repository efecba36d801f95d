"""Texts of a drawn figure: on the canvas, and beside each other."""

from __future__ import annotations

from matplotlib.text import Text


def assert_texts_apart(canvas):
    """Every text lies on the canvas, and no two overlap by more than a hair."""
    canvas.canvas.draw()
    renderer = canvas.canvas.get_renderer()
    texts = [each for each in canvas.findobj(Text) if each.get_visible() and each.get_text()]
    idle = set(map(id, _idle_ticks(canvas)))
    texts = [each for each in texts if id(each) not in idle]
    boxes = [(each.get_text(), each.get_window_extent(renderer)) for each in texts]
    width, height = canvas.bbox.width, canvas.bbox.height
    for text, box in boxes:
        assert -1 <= box.x0 and box.x1 <= width + 1, f"cut at a side: {text!r}"
        assert -1 <= box.y0 and box.y1 <= height + 1, f"cut above or below: {text!r}"
    for index, (text, box) in enumerate(boxes):
        for other, space in boxes[index + 1 :]:
            wide = min(box.x1, space.x1) - max(box.x0, space.x0)
            high = min(box.y1, space.y1) - max(box.y0, space.y0)
            assert wide < 1 or high < 1.5, f"{text!r} covers {other!r}"


def _idle_ticks(canvas):
    """Labels of ticks beyond the limits exist, but are not drawn."""
    found = []
    for axis in (axis for axes in canvas.axes for axis in (axes.xaxis, axes.yaxis)):
        drawn = axis._update_ticks()
        found += [tick.label1 for tick in axis.majorTicks if tick not in drawn]
    return found

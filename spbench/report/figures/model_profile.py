"""A model's time by kind of op, and how near each op is to its own bound."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from spbench.models.profile import NEAR, OpTime, Profile
from spbench.report.figures.style import (
    BLUE,
    GREY,
    SKY,
    VERMILLION,
    Figure,
    finish,
    head,
    panels,
    styled,
)
from spbench.report.machine import MachineFacts

_TITLE = "Where a model's time goes"
_BOUNDED = {"peak": ("o", BLUE), "memory": ("s", VERMILLION)}


def draw(profile: Profile, model: str, machine: MachineFacts) -> Figure:
    """Two panels: milliseconds a call by kind, with the least they can take; each op's share."""
    kinds = profile.by_kind()
    with styled():
        canvas, (times, shares) = panels(2, 2, 3.2)
        _times(times, profile, kinds)
        _shares(shares, profile, kinds)
        head(canvas, _TITLE, _legend(profile), 5)
        return finish(canvas, "model-profile", _TITLE, _caption(profile, model), machine.headline)


def _times(axes: Axes, profile: Profile, kinds: tuple[OpTime, ...]) -> None:
    places = range(len(kinds))
    axes.barh(places, [kind.time_ns / 1e6 for kind in kinds], color=SKY, height=0.62)
    for place, kind in zip(places, kinds, strict=True):
        if kind.bound is not None:
            least = kind.bound.time_ns / 1e6
            axes.plot([least, least], [place - 0.38, place + 0.38], color=GREY, linewidth=1.8)
        label = f" {kind.time_ns / profile.ops_ns:.0%}"
        axes.text(kind.time_ns / 1e6, place, label, va="center", fontsize=8)
    axes.set_title("By kind of op", loc="left")
    axes.set_xlabel("Time of a call, ms (label: share of all ops)")
    axes.margins(x=0.12)
    _name(axes, kinds)


def _shares(axes: Axes, profile: Profile, kinds: tuple[OpTime, ...]) -> None:
    place_of = {kind.kind: place for place, kind in enumerate(kinds)}
    for op in profile.ops:
        if op.share is not None:
            marker, colour = _BOUNDED[op.bound.by]
            axes.plot(100 * op.share, place_of[op.kind], marker, color=colour, alpha=0.5, ms=5)
    axes.axvline(100 * NEAR, color=GREY, linestyle="--", linewidth=1)
    axes.set_xlim(0, 105)
    axes.set_title("Every op against its own bound", loc="left")
    axes.set_xlabel("Share of the bound, %")
    _name(axes, kinds)


def _name(axes: Axes, kinds: tuple[OpTime, ...]) -> None:
    axes.set_yticks(range(len(kinds)), [kind.kind for kind in kinds])
    axes.set_ylim(len(kinds) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)


def _legend(profile: Profile) -> list:
    handles = [Patch(color=SKY, label="measured")]
    if profile.limits is not None:
        handles += [
            Line2D([], [], color=GREY, linewidth=1.8, label="least time"),
            *(
                Line2D([], [], marker=marker, color=colour, linestyle="none", label=f"by {by}")
                for by, (marker, colour) in _BOUNDED.items()
            ),
            Line2D([], [], color=GREY, linestyle="--", linewidth=1, label=f"{NEAR:.0%} of it"),
        ]
    return handles


def _caption(profile: Profile, model: str) -> str:
    text = (
        f"{model}: {profile.batch} x {profile.tokens} tokens on {profile.threads} "
        f"thread{'s' if profile.threads > 1 else ''}, medians of {profile.calls} calls; ops take "
        f"{profile.ops_ns / 1e6:.2f} ms a call."
    )
    if profile.limits is None:
        return f"{text} Bounds are unknown: this CPU has no vpdpbusd."
    return (
        f"{text} {profile.near_share:.0%} of it in ops at {NEAR:.0%} of their own bound or more: "
        "int8 and f32 multiply-adds at the measured peaks, or bytes read at the bandwidth measured "
        "for as much memory."
    )

"""The overview's figures as text, shares and points to draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from leadpulse_app.domain.period import Range
from leadpulse_app.domain.stage import Stage
from leadpulse_app.services.overview import (
    SHOWN_TYPES,
    Distribution,
    Figure,
    Figures,
    MedianTime,
)
from leadpulse_app.state import words

SPARK_WIDTH = 100
SPARK_HEIGHT = 24
_SPARK_EDGE = 2
"""Of a sparkline's height, kept free so that its line is not cut off."""

SERIES = SHOWN_TYPES + 1

RANGE_WORDS = {
    Range.DAY: "24 hours",
    Range.WEEK: "7 days",
    Range.MONTH: "30 days",
    Range.QUARTER: "90 days",
}

ChartRow = dict[str, str | int]
"""What a chart draws at one place: its label, and a number for each series."""


@dataclass(frozen=True)
class Stat:
    """A figure, how it changed, and how it went."""

    figure: str = "0"
    change: str = ""
    tone: str = "even"
    """Whether the change is good, bad or even."""
    before: str = ""
    points: str = ""
    """The corners of its sparkline, as SVG has them."""


@dataclass(frozen=True)
class FunnelStep:
    """How many leads came as far as a stage."""

    stage: str
    label: str
    count: str
    percent: int
    """Of all leads."""
    conversion: str
    """How many of those a step before came on to here."""
    href: str


@dataclass(frozen=True)
class Series:
    """A part of each bar, with its name and what it adds up to."""

    number: int
    name: str
    total: str


def stat_of(figure: Figure) -> Stat:
    """Return a count as it is shown; more of it is good."""
    return Stat(
        figure=words.number(figure.value),
        change=_change(figure.value, figure.previous, figure.change),
        tone=_tone(figure.value - figure.previous),
        before=f"{words.number(figure.previous)} in the period before",
        points=sparkline(figure.points),
    )


def stat_of_time(time: MedianTime) -> Stat:
    """Return how long something takes as it is shown; less of it is good."""
    if time.value is None:
        return Stat(figure=words.NOTHING, change="none qualified")
    before = time.previous
    return Stat(
        figure=words.duration(time.value),
        change="new" if time.change is None else _percent(time.change),
        tone="even" if before is None else _tone(_seconds(before - time.value)),
        before="none qualified in the period before"
        if before is None
        else f"{words.duration(before)} in the period before",
        points=sparkline(
            [None if each is None else each.total_seconds() for each in time.points]
        ),
    )


def _seconds(time: timedelta) -> float:
    return time.total_seconds()


def _change(value: int, previous: int, change: int | None) -> str:
    if change is None:
        return "new" if value else "none yet"
    return _percent(change)


def _percent(change: int) -> str:
    return f"{words.signed(change)} %"


def _tone(gain: float) -> str:
    return "good" if gain > 0 else "bad" if gain < 0 else "even"


def sparkline(values: Sequence[float | None]) -> str:
    """Return the corners of a line through values, which are drawn from 0 up.

    It is 100 wide and 24 high. A value that is unknown has no corner.
    """
    highest = max((value for value in values if value is not None), default=0) or 1
    room = SPARK_HEIGHT - 2 * _SPARK_EDGE
    step = SPARK_WIDTH / max(len(values) - 1, 1)
    return " ".join(
        f"{number * step:.1f},{SPARK_HEIGHT - _SPARK_EDGE - room * value / highest:.1f}"
        for number, value in enumerate(values)
        if value is not None
    )


def funnel_of(distribution: Distribution) -> list[FunnelStep]:
    """Return how many leads came as far as each stage, all of them first."""
    steps: list[FunnelStep] = []
    before = None
    for stage in Stage:
        reached = distribution.reached(stage)
        is_last = stage is Stage.QUALIFIED
        name = words.stage(stage)
        steps.append(
            FunnelStep(
                stage=stage,
                label="All leads" if before is None else name,
                count=words.number(reached),
                percent=words.percent(reached, distribution.leads),
                conversion=""
                if before is None
                else f"{words.percent(reached, before)} % go on",
                href="/leads" if before is None else f"/leads?stage={stage}",
            )
        )
        if not is_last and before is not None:
            steps[-1] = _or_hotter(steps[-1])
        before = reached
    return steps


def _or_hotter(step: FunnelStep) -> FunnelStep:
    return FunnelStep(**{**vars(step), "label": f"{step.label} or hotter"})


def histogram_of(distribution: Distribution) -> list[ChartRow]:
    """Return how many leads have scores of each bin, apart by stage."""
    last = distribution.bins[-1].floor
    rows: list[ChartRow] = []
    for each in distribution.bins:
        high = each.floor + distribution.width - 1
        label = f"{each.floor:,}"
        if each.floor == last:
            label = f"{each.floor:,}+"
        elif high > each.floor:
            label = f"{each.floor:,}\N{EN DASH}{high:,}"
        rows.append({"label": label} | {str(s): n for s, n in each.stages.items()})
    return rows


def histogram_summary(distribution: Distribution) -> str:
    """Return in words where most leads are and where stages begin."""
    _, *above = distribution.thresholds.ascending()
    begin = ", ".join(f"{words.stage(stage)} at {score:,}" for stage, score in above)
    if not distribution.leads:
        return f"No leads yet. {begin}."
    fullest = max(distribution.bins, key=lambda each: each.leads)
    return (
        f"{begin}. Most leads, {words.number(fullest.leads)} of "
        f"{words.number(distribution.leads)}, have {fullest.floor:,} points or a "
        f"little more."
    )


def thresholds_of(distribution: Distribution) -> str:
    """Return in words where stages begin."""
    _, *above = distribution.thresholds.ascending()
    return " · ".join(f"{words.stage(stage)} from {score:,}" for stage, score in above)


def events_of(figures: Figures, zone: tzinfo) -> list[ChartRow]:
    """Return how many events there were in each hour or day, apart by type."""
    rows: list[ChartRow] = []
    for number, begins_at in enumerate(figures.period.bars):
        row: ChartRow = {"label": bar_label(begins_at, figures.period.range, zone)}
        for place, series in enumerate(figures.by_type):
            row[f"s{place}"] = series.counts[number]
        rows.append(row)
    return rows


def series_of(figures: Figures) -> list[Series]:
    """Return what the bars are made of, the most frequent type first."""
    return [
        Series(place, each.type or "Other types", words.number(sum(each.counts)))
        for place, each in enumerate(figures.by_type)
    ]


def events_summary(figures: Figures, zone: tzinfo) -> str:
    """Return in words how many events there were, of what, and when most."""
    if not figures.events.value:
        return "No events in this period."
    counted = (series.counts for series in figures.by_type)
    bars = [sum(counts) for counts in zip(*counted, strict=True)]
    most = max(range(len(bars)), key=bars.__getitem__)
    label = bar_label(figures.period.bars[most], figures.period.range, zone)
    parts = ", ".join(f"{each.name} {each.total}" for each in series_of(figures))
    return (
        f"{words.count(figures.events.value, 'event')}: {parts}. "
        f"Most, {words.number(bars[most])}, on {label}."
    )


def bar_label(begins_at: datetime, wanted: Range, zone: tzinfo) -> str:
    """Return an hour or a day as it stands under a chart."""
    local = begins_at.astimezone(zone)
    if wanted is Range.DAY:
        return f"{local:%a %H:%M}"
    if wanted is Range.WEEK:
        return f"{local:%a} {local.day} {local:%b}"
    return f"{local.day} {local:%b}"

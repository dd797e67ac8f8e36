"""How a lead's score went, as its page draws it and says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from leadpulse_app.domain.gains import Gains, PeriodUnit
from leadpulse_app.domain.reason import CORRECTIONS, Reason
from leadpulse_app.domain.score_course import CoursePoint
from leadpulse_app.domain.stage import Stage, Thresholds
from leadpulse_app.services.score_course import ScoreCourse
from leadpulse_app.state import words
from leadpulse_app.state.moments import exact_time

_ROOM_ABOVE = 1.15
"""The axis ends so far above the highest score, so that its dot has room."""

_APART = 0.08
"""Of the axis: what two lines of text beside it need between them."""

_MAXIMUM_TICKS = 6

_SHORT_SPAN = timedelta(days=2)
"""A course no longer than this has hours on its axis."""

ChartRow = dict[str, str | int | None]
"""A point as the chart reads it: x in ms, score, dot where one is drawn, words."""


@dataclass(frozen=True)
class CourseRow:
    """A point of the course in words, with the way to that moment."""

    id: str
    name: str
    change: str
    score: str
    when: str
    href: str


@dataclass(frozen=True)
class GainBar:
    """What a rule gave in one week or month."""

    id: str
    text: str
    percent: int
    """Of the most that any rule gave in one period, 0 to 100."""


@dataclass(frozen=True)
class GainRow:
    """What a rule gave over time."""

    id: str
    name: str
    note: str
    """What lapsed of it, and how often a cap held some back."""
    bars: list[GainBar]
    total: str


def milliseconds(when: datetime) -> int:
    """Return a moment as scripts count time."""
    return round(when.timestamp() * 1000)


def happened(point: CoursePoint) -> str:
    """Return what a point of a course stands for."""
    if point.reason is Reason.EXPIRED:
        return f"Points of {words.happening(point.event_type)} lapsed"
    if point.reason in CORRECTIONS:
        return _CORRECTED[point.reason]
    return words.happening(point.event_type)


_CORRECTED = {
    Reason.REFOLDED: "Corrected after a late event",
    Reason.RESCORED: "Rescored by newer rules",
    Reason.MERGED: "Merged with another lead",
    Reason.UNMERGED: "Merge taken back",
}


def chart_rows(course: ScoreCourse, now: datetime, zone: tzinfo) -> list[ChartRow]:
    """Return the points for the chart, and the score as it is now at the end."""
    rows: list[ChartRow] = [
        {
            "x": milliseconds(point.at),
            "score": point.score,
            "dot": point.score,
            "what": happened(point),
            "change": _change(point),
            "when": exact_time(point.at, zone),
        }
        for point in course.points
    ]
    if rows:
        rows.append(
            {
                "x": max(milliseconds(now), milliseconds(course.points[-1].at)),
                "score": course.points[-1].score,
                "dot": None,
                "what": "Now",
                "change": words.number(course.points[-1].score),
                "when": exact_time(now, zone),
            }
        )
    return rows


def _change(point: CoursePoint) -> str:
    before = words.number(point.score - point.change)
    after = words.number(point.score)
    capped = " · capped" if point.reason is Reason.CAPPED else ""
    return f"{words.signed(point.change)} · {before} → {after}{capped}"


def top_of(course: ScoreCourse) -> int:
    """Return where the axis of the scores ends, in points."""
    highest = course.highest.score if course.highest else 0
    return max(round(highest * _ROOM_ABOVE), course.thresholds.warm)


def bands(thresholds: Thresholds, top: int) -> list[int]:
    """Return where the bands of the stages begin and the last ends, within the axis."""
    return [min(each.score, top) for each in thresholds.ascending()] + [top]


def score_ticks(course: ScoreCourse, top: int) -> list[int]:
    """Return the scores beside the axis: the highest, and where stages begin.

    What would stand on another is left out, the lower one first.
    """
    highest = course.highest.score if course.highest else 0
    begins = [each.score for each in course.thresholds.ascending()]
    ticks: list[int] = []
    for score in sorted({highest, *begins}, reverse=True):
        apart = (ticks[-1] if ticks else top + top) - score
        if score <= top and (score == 0 or apart >= _APART * top):
            ticks.append(score)
    if len(ticks) > 1 and ticks[-2] - ticks[-1] < _APART * top:
        del ticks[-2]
    return ticks[::-1]


def band_names(edges: Sequence[int], top: int) -> list[str]:
    """Return the names of the bands, empty where one is too thin to bear it."""
    return [
        words.stage(stage) if above - below >= _APART * top else ""
        for stage, (below, above) in zip(Stage, pairwise(edges), strict=True)
    ]


def time_ticks(
    points: Sequence[CoursePoint], now: datetime, zone: tzinfo
) -> dict[int, str]:
    """Return labels of the axis of time, by when in ms: round hours, or days."""
    if not points:
        return {}
    begin, span = points[0].at, max(now - points[0].at, timedelta(minutes=1))
    if span <= _SHORT_SPAN:
        step = timedelta(hours=max(1, -(-span // timedelta(hours=_MAXIMUM_TICKS))))
        first = begin.astimezone(zone).replace(minute=0, second=0, microsecond=0)
        form = "%H:%M"
    else:
        step = timedelta(days=max(1, -(-span // timedelta(days=_MAXIMUM_TICKS))))
        first = begin.astimezone(zone).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        form = "%b %Y" if span > timedelta(days=400) else "%d %b"
    ticks: dict[int, str] = {}
    for number in range(1, _MAXIMUM_TICKS + 2):
        tick = first + number * step
        if begin <= tick <= now:
            ticks[milliseconds(tick)] = tick.strftime(form).lstrip("0")
    return ticks


def place_of(at: datetime, points: Sequence[CoursePoint]) -> int:
    """Return where a moment stands on the axis of time, in ms: by what was known then.

    What was loaded later than it happened stands where it happened.
    """
    known = sum(point.recorded_at <= at for point in points)
    later = [point.at for point in points[known : known + 1]]
    earlier = [point.at for point in points[:known][-1:]]
    return milliseconds(max([min([at, *later]), *earlier]))


def summary(course: ScoreCourse, zone: tzinfo) -> str:
    """Return what the chart shows in a sentence, for who does not see it."""
    if not course.points or course.highest is None:
        return "Nothing was scored yet."
    first, last = course.points[0], course.points[-1]
    return (
        f"Score over time: {_at(first, zone, 'began at')}, "
        f"{_at(course.highest, zone, 'was highest at')}, "
        f"and is {words.number(last.score)} now."
    )


def _at(point: CoursePoint, zone: tzinfo, said: str) -> str:
    local = point.at.astimezone(zone)
    return f"{said} {words.number(point.score)} on {local.day} {local:%b %Y}"


def course_rows(
    course: ScoreCourse, zone: tzinfo, hrefs: Sequence[str]
) -> list[CourseRow]:
    """Return the points in words, the newest first.

    Args:
        course: The course.
        zone: The time zone of the project.
        hrefs: The page as of each point, in the order of the course.
    """
    rows = [
        CourseRow(
            id=str(number),
            name=happened(point),
            change=words.signed(point.change),
            score=words.number(point.score),
            when=exact_time(point.at, zone),
            href=href,
        )
        for number, (point, href) in enumerate(zip(course.points, hrefs, strict=True))
    ]
    return rows[::-1]


def gain_rows(course: ScoreCourse) -> list[GainRow]:
    """Return what each rule gave week by week, or month by month."""
    gains = course.gains
    most = max((max(rule.gained) for rule in gains.rules), default=0)
    return [
        GainRow(
            id=str(rule.rule_id),
            name="Adjusted by hand"
            if rule.rule_id is None
            else course.rule_names.get(rule.rule_id, words.NOTHING),
            note=_note(rule.lapsed, rule.capped),
            bars=[
                GainBar(
                    id=str(start),
                    text=f"{_period(gains.unit, start)}: {words.signed(points)}",
                    percent=words.percent(max(points, 0), most),
                )
                for start, points in zip(gains.starts, rule.gained, strict=True)
            ],
            total=words.signed(rule.total),
        )
        for rule in gains.rules
    ]


def gain_periods(gains: Gains) -> str:
    """Return which time the gains are of."""
    unit = "weeks" if gains.unit is PeriodUnit.WEEK else "months"
    return f"Points by rule in the last {len(gains.starts)} {unit}"


def _period(unit: PeriodUnit, start: date) -> str:
    if unit is PeriodUnit.WEEK:
        return f"Week of {start.day} {start:%b}"
    return f"{start:%b %Y}"


def _note(lapsed: int, capped: int) -> str:
    facts = (
        f"{words.signed(lapsed)} lapsed since" if lapsed else "",
        f"held back by a cap {words.times(capped)}" if capped else "",
    )
    return " · ".join(filter(None, facts))

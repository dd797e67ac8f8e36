"""The rows of a lead's page: why its score is that, its ledger, its names."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from leadpulse_app.domain.reason import CORRECTIONS
from leadpulse_app.domain.ruleset import RuleKind
from leadpulse_app.services.explanation import Explanation, RuleShare
from leadpulse_app.services.history import HistoryEntry
from leadpulse_app.services.identity import Identities
from leadpulse_app.state import rule_words, words
from leadpulse_app.state.moments import Moment, moment_of


@dataclass(frozen=True)
class WhyRow:
    """What a rule, or what people gave, in one line."""

    id: str
    name: str
    note: str
    """Its limits, and what they and time took."""
    times: str
    delta: str


@dataclass(frozen=True)
class LedgerRow:
    """A line of the ledger."""

    id: str
    event_type: str
    rule: str
    points: str
    delta: str
    old_score: str
    new_score: str
    explanation: str
    version: str
    occurred: Moment


@dataclass(frozen=True)
class NameRow:
    """A name that the lead is known by."""

    id: str
    kind: str
    value: str
    since: Moment


@dataclass(frozen=True)
class MergeRow:
    """Two names that turned out to be of one person."""

    id: str
    name: str
    merged: Moment


def why_rows(explained: Explanation) -> list[WhyRow]:
    """Return what a score is made of, the most points first."""
    rows = [(share.delta, _why_row(share)) for share in explained.rules]
    gave = explained.adjustments
    if gave.times or gave.delta:
        row = WhyRow(
            id="adjustments",
            name="Adjusted by hand",
            note="" if gave.delta == gave.points else _taken(gave.points, gave.delta),
            times=words.times(gave.times),
            delta=words.signed(gave.delta),
        )
        rows.append((gave.delta, row))
    return [row for _, row in sorted(rows, key=lambda each: -each[0])]


def _why_row(share: RuleShare) -> WhyRow:
    rule = share.rule
    is_fit = rule is not None and rule.kind is RuleKind.FIT
    facts = (
        rule_words.asked(rule) if rule and is_fit else "",
        rule_words.limits(rule) if rule else "",
        f"{words.number(share.capped)} capped" if share.capped else "",
        f"{words.signed(share.expired)} lapsed" if share.expired else "",
        f"{words.signed(share.corrected)} corrected later" if share.corrected else "",
        f"{words.number(share.clamped)} cut off at 0 or 10,000"
        if share.clamped
        else "",
    )
    return WhyRow(
        id=str(share.rule_id),
        name=share.rule_name or words.NOTHING,
        note=" · ".join(filter(None, facts)),
        times="" if is_fit else words.times(share.times),
        delta=words.signed(share.delta),
    )


def _taken(points: int, delta: int) -> str:
    return f"{words.signed(delta)} of {words.signed(points)}"


def _nominal(entry: HistoryEntry) -> str:
    """Return what was to be given; of a correction that says nothing."""
    is_given = entry.rule_id is not None or entry.note is not None
    if entry.reason in CORRECTIONS or not is_given:
        return words.NOTHING
    return words.signed(entry.points)


def ledger_row(entry: HistoryEntry, now: datetime, zone: tzinfo) -> LedgerRow:
    """Return a line of a ledger as it reads now."""
    return LedgerRow(
        id=str(entry.sequence),
        event_type=words.happening(entry.event_type),
        rule=(entry.rule.name if entry.rule else "") or words.NOTHING,
        points=_nominal(entry),
        delta=words.signed(entry.delta),
        old_score=words.number(entry.old_score),
        new_score=words.number(entry.new_score),
        explanation=words.explanation(entry),
        version=str(entry.ruleset_version),
        occurred=moment_of(entry.occurred_at, now=now, zone=zone),
    )


def name_rows(known: Identities, now: datetime, zone: tzinfo) -> list[NameRow]:
    """Return the names of a lead, the oldest first."""
    return [
        NameRow(
            id=f"{alias.kind} {alias.value}",
            kind=words.alias_kind(alias.kind),
            value=alias.value,
            since=moment_of(alias.since, now=now, zone=zone),
        )
        for alias in known.aliases
    ]


def merge_rows(known: Identities, now: datetime, zone: tzinfo) -> list[MergeRow]:
    """Return the merges that made a lead, each by the first names of both sides."""
    first_names = {alias.lead_id: alias.value for alias in reversed(known.aliases)}
    return [
        MergeRow(
            id=str(merge.id),
            name=" and ".join(
                first_names.get(lead_id, str(lead_id))
                for lead_id in (merge.lead_id, merge.other_id)
            ),
            merged=moment_of(merge.merged_at, now=now, zone=zone),
        )
        for merge in known.merges
    ]

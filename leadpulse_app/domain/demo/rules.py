"""The rules that a made-up year is scored by: points are capped, and most lapse."""

from leadpulse_app.domain.ruleset import Cap, Period, Rule, RulesetContent

_CHANGES: dict[str, dict[str, object]] = {
    "page_view": {
        "points": 1,
        "cap": Cap(times=5, per=Period.DAY),
        "expires_after_days": 30,
    },
    "email_open": {
        "points": 2,
        "cap": Cap(times=3, per=Period.WEEK),
        "expires_after_days": 30,
    },
    "pricing_page_visit": {
        "points": 8,
        "cap": Cap(times=1, per=Period.DAY),
        "expires_after_days": 45,
    },
    "form_submit": {"points": 10, "expires_after_days": 120},
    "download": {
        "points": 8,
        "cap": Cap(times=2, per=Period.DAY),
        "expires_after_days": 60,
    },
    "webinar_attendance": {"points": 15, "expires_after_days": 90},
    "signup": {"points": 25, "expires_after_days": 365},
    "demo_request": {"points": 30, "expires_after_days": 60},
    "contract_signed": {"expires_after_days": 60},
}
"""What becomes of the rules that a project begins with, by the event they are for."""


def set_demo_rules(content: RulesetContent) -> RulesetContent:
    """Let interest fade: the edit of a ruleset that suits a year of traffic.

    The rules keep their ids and names; those for other events stay as they are.
    """
    return content.with_rules(
        tuple(
            Rule(**rule.model_dump() | _CHANGES.get(rule.event_type or "", {}))
            for rule in content.rules
        )
    )

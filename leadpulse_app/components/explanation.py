"""What the numbers mean, in the words shown on hover wherever they stand."""

from leadpulse_app.domain.intelligence import POINTS_PER_RECENT_EVENT, VELOCITY_WINDOW

_HOURS = VELOCITY_WINDOW.total_seconds() // 3600

VELOCITY = f"{POINTS_PER_RECENT_EVENT} for each event in the last {_HOURS:.0f} h"
RISK = "Medium after more than 7 days without an event, high after more than 14"
POINTS = "What the rule gives"
CHANGE = "What the score moved by: the points, but never below 0 or above 10,000"

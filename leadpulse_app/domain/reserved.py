"""The types of input that the product keeps for itself: no sender may use them."""

FIELDS = "$fields"
"""By which a person edits a lead's fields."""

ADJUST = "$adjust"
"""By which a person gives or takes points."""

RESERVED_EVENT_TYPES = frozenset({FIELDS, ADJUST})
"""No rule gives points for them."""

"""The types of input that the product keeps for itself: no sender may use them."""

FIELDS = "$fields"
"""By which a person edits a lead's fields."""

ADJUST = "$adjust"
"""By which a person gives or takes points."""

IMPORT = "$import"
"""By which a file of leads says who somebody is."""

RESERVED_EVENT_TYPES = frozenset({FIELDS, ADJUST, IMPORT})
"""No rule gives points for them."""

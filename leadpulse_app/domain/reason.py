"""Why an entry is in the ledger."""

from enum import StrEnum


class Reason(StrEnum):
    """What an entry records: an input folded first, lapsed points, or a correction."""

    SCORED = "scored"
    """An event gave what its rule says, or no rule was for it."""
    CAPPED = "capped"
    """An event gave less, or nothing: a limit of its rule or its kind was reached."""
    CLAMPED = "clamped"
    """An event gave less: a score stays within 0..10,000."""
    MANUAL = "manual"
    """A person gave or took points."""
    FIT_GAINED = "fit_gained"
    """What the lead is known as matches a rule now, or the rule gives more or less."""
    FIT_LOST = "fit_lost"
    """What the lead is known as stopped matching a rule, or the rule went."""
    EXPIRED = "expired"
    """Points lapsed."""
    REFOLDED = "refolded"
    """A late event changed what this one is worth."""
    RESCORED = "rescored"
    """Another version of the rules was applied to what had been scored already."""
    MERGED = "merged"
    """Another lead turned out to be the same person."""
    UNMERGED = "unmerged"
    """A person undid a merge."""


FIRST_REASONS = (
    Reason.SCORED,
    Reason.CAPPED,
    Reason.CLAMPED,
    Reason.MANUAL,
    Reason.FIT_GAINED,
    Reason.FIT_LOST,
)
"""Of what an input and rule get when the input is folded for the first time, once."""

CORRECTIONS = (Reason.REFOLDED, Reason.RESCORED, Reason.MERGED, Reason.UNMERGED)
"""Of what is added to a ledger later."""

"""Scoring: pending events become ledger entries and the scores they add up to."""

from leadpulse_app.services.scoring.pending import (
    ScoringResult,
    expire_points,
    score_leads,
    score_pending,
)

__all__ = ["ScoringResult", "expire_points", "score_leads", "score_pending"]

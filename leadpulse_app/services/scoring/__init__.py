"""Scoring: pending events become ledger entries and the scores they add up to."""

from leadpulse_app.services.scoring.pending import ScoringResult, score_pending

__all__ = ["ScoringResult", "score_pending"]

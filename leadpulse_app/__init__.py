"""LeadPulse: self-hosted lead scoring."""

__version__ = "0.1.0"

"""What LeadPulse can do on this machine, measured; `make bench` runs it."""

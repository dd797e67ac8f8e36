"""What the dashboard is made of: one small function of vars for each thing."""

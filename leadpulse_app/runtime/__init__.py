"""Runs the product on a machine: engines, processes, frontend build, checks."""

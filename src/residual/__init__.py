"""Residual values: fit, predict and simulate what a vehicle will fetch."""

"""Disposal channels, allocation and plans."""

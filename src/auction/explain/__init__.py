"""Why a vehicle goes where it goes: its value, the options considered, what would change it."""

from auction.explain.vehicle import explain_vehicle, explained

__all__ = ["explain_vehicle", "explained"]

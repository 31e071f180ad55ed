"""Layers in the plan: a menu of which one entry may be taken, solved entry by entry."""

from auction.menu.menu import Menu, Tried
from auction.menu.search import allocate_from_menu

__all__ = ["Menu", "Tried", "allocate_from_menu"]

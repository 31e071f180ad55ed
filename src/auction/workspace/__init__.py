"""A workspace: the folder with the settings and tables that a run reads."""

from auction.workspace.config import Config
from auction.workspace.reading import (
    CheckReport,
    TableCounts,
    Workspace,
    check_workspace,
    load_workspace,
    write_rejected,
)
from auction.workspace.settings import DefaultUsed, defaults_used, json_schema, parse_config

__all__ = [
    "CheckReport",
    "Config",
    "DefaultUsed",
    "TableCounts",
    "Workspace",
    "check_workspace",
    "defaults_used",
    "json_schema",
    "load_workspace",
    "parse_config",
    "write_rejected",
]

"""A workspace: the folder with the settings and tables that a run reads."""

from auction.workspace.config import Config
from auction.workspace.contents import (
    CheckReport,
    TableCounts,
    Workspace,
    write_bad_rows,
    write_rejected,
)
from auction.workspace.defaults import DefaultUsed, defaults_used, json_schema
from auction.workspace.priors import value_priors
from auction.workspace.reading import check_workspace, load_workspace, read_workspace
from auction.workspace.settings import parse_config

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
    "read_workspace",
    "value_priors",
    "write_bad_rows",
    "write_rejected",
]

"""What all tests share: tools and data that a machine may lack, and settings of hypothesis."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("repeatable")


def missing(what: str) -> NoReturn:
    """Skip the test that asks for something, or fail it where nothing may be missing."""
    if os.environ.get("DISPOSAL_REQUIRE_ALL") == "1":
        pytest.fail(f"{what}, and DISPOSAL_REQUIRE_ALL=1 allows nothing to be missing")
    pytest.skip(what)


@pytest.fixture(scope="session")
def require_tool() -> Callable[..., str]:
    """Path of the first of the named commands that is installed; else `missing`."""

    def find(*names: str) -> str:
        for name in names:
            path = shutil.which(name)
            if path is not None:
                return path
        missing(f"none of {', '.join(names)} is installed")

    return find


@pytest.fixture(scope="session")
def browser(require_tool: Callable[..., str]) -> str:
    """Path of a Chromium that can be run with --headless."""
    return require_tool("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data sets, which the repository does not hold."""
    folder = Path(os.environ.get("DISPOSAL_REAL_DATA", ROOT / ".." / "shared" / "data"))
    if not folder.is_dir():
        missing("no real data: DISPOSAL_REAL_DATA names no folder")
    return folder.resolve()


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Folder of the project's sources."""
    return ROOT

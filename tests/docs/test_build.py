"""The documentation builds without a warning, and its pages ask nothing of the network."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import missing


@pytest.mark.slow
def test_builds_without_warnings_and_works_offline(project_root: Path, tmp_path: Path) -> None:
    for name in ("sphinx", "myst_parser", "furo"):
        if importlib.util.find_spec(name) is None:
            missing(f"{name} is not installed")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-E", "-q", "-W", "--keep-going", "-b", "html"),
            *("-d", str(tmp_path / "trees"), str(project_root / "docs"), str(tmp_path / "html")),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    pages = sorted((tmp_path / "html").rglob("*.html"))
    sources = list((project_root / "docs").rglob("*.md"))
    assert len(pages) >= len(sources)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"([^\"]+)\"", text)
        assert fetched
        assert not [url for url in fetched if re.match(r"(https?:)?//", url)], page.name
    assert "generated:" not in "".join(page.read_text(encoding="utf-8") for page in pages)

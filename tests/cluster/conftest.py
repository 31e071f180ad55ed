"""Workers in processes of their own, with certificates made for the occasion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cluster_workers import temporary, workers
from conftest import missing


@pytest.fixture(scope="session")
def security() -> Any:
    """Certificates that nobody signed but us."""
    if find_spec("distributed") is None:
        missing("the extra cluster is not installed")
    return temporary()


@pytest.fixture(scope="session")
def certificates(security: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment that names the same certificates in files."""
    folder: Path = tmp_path_factory.mktemp("certificates")
    texts = {
        "DISPOSAL_TLS_CA": security.tls_ca_file,
        "DISPOSAL_TLS_CERTIFICATE": security.tls_client_cert,
        "DISPOSAL_TLS_KEY": security.tls_client_key,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: str(folder / name) for name in texts}


@pytest.fixture(scope="module")
def pair(security: Any) -> Iterator[Any]:
    """A scheduler with two workers, by TLS."""
    with workers(2, security=security) as started:
        yield started


@pytest.fixture
def start() -> Callable[..., Any]:
    return workers

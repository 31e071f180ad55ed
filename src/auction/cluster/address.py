"""Which schedulers and workers are spoken to, and how: TLS, or plainly on this machine alone."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from auction.errors import ClusterError, MissingExtraError

#: Environment variables that name files in PEM: who signs, who we are, and our key.
CERTIFICATES: Final = {
    "tls_ca_file": "DISPOSAL_TLS_CA",
    "tls_client_cert": "DISPOSAL_TLS_CERTIFICATE",
    "tls_client_key": "DISPOSAL_TLS_KEY",
}


def judge(address: str, who: str = "scheduler") -> str:
    """Return the scheme of an address that may be spoken to.

    Parameters
    ----------
    address : str
        Such as ``tls://scheduler.example:8786``.
    who : str
        What it is the address of.

    Raises
    ------
    ClusterError
        When it is no address, or not encrypted and not of this machine.
    """
    parts = _parted(address)
    if parts is None or parts.scheme not in ("tls", "tcp"):
        raise ClusterError(
            f"{address!r} is no address of a {who}: write tls://HOST:PORT, or tcp://127.0.0.1:PORT "
            "on this machine"
        )
    if parts.scheme == "tcp" and not _is_loopback(parts.hostname or ""):
        raise ClusterError(
            f"the {who} {address} would be spoken to in the clear: values of vehicles go to other "
            "machines by TLS alone; start scheduler and workers with certificates and write tls://"
        )
    return parts.scheme


def _parted(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        return parts if parts.hostname and parts.port and parts.path in ("", "/") else None
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def security_of(address: str) -> Any:
    """Return what encrypts the way to a scheduler, None for a plain one on this machine.

    Parameters
    ----------
    address : str
        Judged before.

    Returns
    -------
    distributed.Security or None

    Raises
    ------
    ClusterError
        When a certificate or the key is not named, or its file cannot be read.
    MissingExtraError
        Without the extra `cluster`.
    """
    if judge(address) == "tcp":
        return None
    files = {name: os.environ.get(variable, "") for name, variable in CERTIFICATES.items()}
    unset = [CERTIFICATES[name] for name, file in files.items() if not file]
    if unset:
        raise ClusterError(
            f"{address} asks for TLS: set {', '.join(unset)} to files in PEM "
            "(who signs, the certificate of this machine, its key)"
        )
    for name, file in files.items():
        try:
            Path(file).read_bytes()
        except OSError as error:
            raise ClusterError(f"{CERTIFICATES[name]}: {file}: {error.strerror}") from None
    return library().Security(**files, require_encryption=True)


def library() -> Any:
    """Return `distributed`.

    Raises
    ------
    MissingExtraError
        Without the extra `cluster`.
    """
    try:
        import distributed
    except ImportError:
        raise MissingExtraError("cluster", "planning on more than one machine") from None
    return distributed

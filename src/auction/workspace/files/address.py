"""The address of a database: used to connect, never to be read anywhere else."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

HIDDEN: Final = "…"

#: Waiting for a server that does not answer, unless the address says otherwise, in seconds.
_PATIENCE: Final = {
    "connect_timeout": "15",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "application_name": "residual-auction",
}


#: What may stand in an address as it is; anything else has to be written by its code.
_PLAIN: Final = re.compile(
    r"postgres(?:ql)?://"
    r"(?:[^@/?\s]*@)?"
    r"(?:\[[0-9A-Fa-f:.%]+\]|[^@/?:\s,\[\]]*)(?::\d*)?"
    r"(?:,(?:\[[0-9A-Fa-f:.%]+\]|[^@/?:\s,\[\]]*)(?::\d*)?)*"
    r"(?:/[^@/?\s]*)?"
    r"(?:\?(?:[^@=&?\s]+=[^@=&?\s]*(?:&[^@=&?\s]+=[^@=&?\s]*)*)?)?"
)

#: A fragment of a password this short is a word of many messages.
_SHORTEST: Final = 3


def is_clean(url: str) -> bool:
    """Tell whether an address can be read in one way only.

    A sign such as / or @ in a password that is not written by its code (%2F, %40) makes a part
    of the password a host or a port, and the driver's message would tell it.
    """
    codes = re.search(r"%(?![0-9A-Fa-f]{2})", url)
    return codes is None and _PLAIN.fullmatch(url) is not None


class Address:
    """An address that does not tell itself.

    Parameters
    ----------
    url : str
        postgresql://user:password@host/database, as it stands in the environment.
    """

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        self._url = url

    def __repr__(self) -> str:
        return f"Address({HIDDEN})"

    def with_patience(self) -> str:
        """Return the address with limits to the waiting for a dead server."""
        more = [f"{key}={value}" for key, value in _PATIENCE.items() if f"{key}=" not in self._url]
        return f"{self._url}{'&' if '?' in self._url else '?'}{'&'.join(more)}"

    def scrubbed(self, message: str) -> str:
        """Return a message without the address, its password or anything like them."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            message = message.replace(secret, HIDDEN)
        return re.sub(r"\w+://\S+", HIDDEN, message)

    def _secrets(self) -> set[str]:
        """Return the address and the parts of it that must not be told, as written and as meant."""
        found = {self._url, self.with_patience()}
        _, _, rest = self._url.partition("://")
        user_info = rest.rpartition("@")[0]
        password = user_info.partition(":")[2]
        found |= {user_info, password}
        found |= {
            part
            for text in (password, unquote(password))
            for part in re.split(r"[^\w.~!$*-]+", text)
            if len(part) >= _SHORTEST
        }
        try:
            query = urlsplit(self._url).query
        except ValueError:
            query = rest.partition("?")[2]
        for pair in query.split("&"):
            key, _, value = pair.partition("=")
            if key in ("password", "sslpassword", "passfile"):
                found.add(value)
        found |= {unquote(secret) for secret in found}
        return {secret for secret in found if secret}

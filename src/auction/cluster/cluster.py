"""An allocation on many machines: `allocate(..., executor=Cluster(address))`."""

from __future__ import annotations

import ssl
import weakref
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from auction.cluster.address import judge, library, security_of
from auction.cluster.crew import Crew, Traffic
from auction.cluster.placing import Placed, content_of
from auction.cluster.remote import RemotePasses
from auction.errors import ClusterError
from auction.options import Options

_Places = NDArray[np.int64]

#: Seconds that a scheduler has to answer at first.
_CONNECT: Final = 10.0


class Cluster:
    """Workers of a `dask.distributed` scheduler that hold the values of a fleet.

    A plan made with it has the same bits as one made here, whatever the number of workers or of
    blocks. A worker that is lost is survived: another one is told what it held, and asked again.

    Parameters
    ----------
    address : str
        ``tls://HOST:PORT``; ``tcp://127.0.0.1:PORT`` for a scheduler on this machine.
    security : distributed.Security, optional
        Certificates; by default the files that DISPOSAL_TLS_CA, DISPOSAL_TLS_CERTIFICATE and
        DISPOSAL_TLS_KEY name.
    blocks : int, optional
        Parts in which a fleet is held, as many as there are workers by default. A part has at
        least 1,024 vehicles.
    patience : float
        Seconds to wait for a worker when there is none.

    Raises
    ------
    ClusterError
        When the scheduler may not be spoken to, cannot be reached, or has no worker.
    MissingExtraError
        Without the extra `cluster`.

    Examples
    --------
    >>> with Cluster("tls://scheduler.example:8786") as cluster:  # doctest: +SKIP
    ...     plan = auction.allocate(options, executor=cluster)
    """

    def __init__(
        self,
        address: str,
        *,
        security: Any = None,
        blocks: int | None = None,
        patience: float = 30.0,
    ) -> None:
        if blocks is not None and blocks < 1:
            raise ValueError(f"blocks must be at least 1, not {blocks}")
        judge(address)
        self._client = _connected(address, security_of(address) if security is None else security)
        self._crew = Crew(self._client, address, patience)
        self._placed: Placed | None = None
        self._count = 0
        try:
            self._blocks = blocks or len(self._crew.workers())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the workers go, and what they hold with them."""
        self._client.close(timeout=_CONNECT)

    @property
    def traffic(self) -> Traffic:
        """What has travelled so far."""
        return self._crew.traffic

    def place(self, options: Options) -> Placed:
        """Send the values of a fleet to the workers, unless they were the last ones sent.

        Of values that differ from the last by what is the same in all scenarios, such as the cost
        of moving a vehicle, that alone is sent.

        Parameters
        ----------
        options : Options
            The fleet's options; planning with them places them by itself.
        """
        last = self._placed
        if last is not None and last.content == content_of(options):
            # the arrays that were sent may have been written into since
            last.options = options
            return last
        placed = Placed.of(self._name("values"), options, self._blocks)
        brief = placed.brief(last)
        if brief is None:
            # workers need not hold both at once
            last = self._placed = None
        self._crew.tell(placed.name, placed.recipes(), brief)
        self._kept(placed, placed.name)
        self._placed = placed
        return placed

    def passes(
        self,
        options: Options,
        start: _Places,
        column: _Places,
        use: sparse.csc_array,
        offer: _Places,
    ) -> RemotePasses:
        """Return passes over the columns of a problem, see `auction.allocation.passes.Executor`."""
        placed, name = self.place(options), self._name("columns")
        passes = RemotePasses(self._crew, placed, name, start, column, use, offer)
        self._crew.tell(name, passes.recipes())
        self._kept(passes, name)
        return passes

    def _kept(self, thing: object, name: str) -> None:
        """Let workers forget what nothing here points to any more."""
        weakref.finalize(thing, self._crew.forget, name).atexit = False

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count}"


def _connected(address: str, security: Any) -> Any:
    distributed = library()
    try:
        return distributed.Client(
            address, security=security, timeout=_CONNECT, set_as_default=False, name="disposal"
        )
    except ssl.SSLError as error:
        raise ClusterError(f"the certificates cannot be used: {error}") from None
    except (OSError, ValueError) as error:
        raise ClusterError(f"the scheduler {address} cannot be reached: {error}") from None

"""The workers of a cluster and what they hold; one that is lost is replaced and told it again."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from auction.cluster.address import judge, library
from auction.cluster.holder import Holder, release
from auction.errors import ClusterError

logger = logging.getLogger(__name__)

#: Asked of a block: a method of its holder, and the arguments.
Call = tuple[str, tuple[Any, ...]]
#: Makes what has to be told to a block before it can be asked; made anew for each new worker.
Recipe = Callable[[], Call]

#: Seconds after which it is looked up whether a worker that has not answered is still there.
_WATCH: Final = 0.2
#: Seconds that a worker or the scheduler has for a short answer.
_SHORT: Final = 10.0
#: Seconds that a worker has to load the engine.
_LOADING: Final = 120.0
#: Workers that a block may lose within one pass before this is taken to be its own fault.
_MOST_LOST: Final = 8


@dataclass(slots=True)
class Traffic:
    """What travelled: round trips, and bytes of arrays sent to workers and received from them."""

    trips: int = 0
    sent: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class _Seat:
    """Where a block is held; the future dies with the worker."""

    address: str
    key: str
    future: Any

    @property
    def lost(self) -> bool:
        return self.future.status not in ("finished", "pending")


class _Lost:
    """Stands in for an answer that a lost worker did not give."""


class Crew:
    """Blocks of a fleet, each held by a worker.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    address : str
        Of the scheduler, for messages.
    patience : float
        Seconds to wait for a worker when there is none.
    """

    def __init__(self, client: Any, address: str, patience: float) -> None:
        self._client, self._address, self._patience = client, address, patience
        self._seats: dict[int, _Seat] = {}
        self._recipes: dict[str, Mapping[int, Recipe]] = {}
        self._stale: list[str] = []
        self.traffic = Traffic()

    def workers(self) -> dict[str, int]:
        """Return the threads of every worker by its address, waiting where there is none.

        Raises
        ------
        ClusterError
            When the scheduler does not answer, no worker comes, or one may not be spoken to.
        """
        end = time.monotonic() + self._patience
        while True:
            try:
                found: dict[str, int] = self._client.nthreads(callback_timeout=_SHORT)
            except (OSError, RuntimeError) as error:
                raise ClusterError(
                    f"the scheduler {self._address} no longer answers: {error}"
                ) from None
            if found:
                break
            if time.monotonic() > end:
                raise ClusterError(
                    f"the scheduler {self._address} has no worker, and none came within "
                    f"{self._patience:g} s"
                )
            time.sleep(_WATCH)
        for address in found:
            judge(address, "worker")
        return found

    def tell(
        self, name: str, recipes: Mapping[int, Recipe], brief: Mapping[int, Recipe] | None = None
    ) -> None:
        """Let blocks hold something under a name, on this worker and on any that follows.

        Parameters
        ----------
        name : str
            How the holders call it.
        recipes : mapping of int to callable
            Tell it to a worker that follows, which may know nothing else.
        brief : mapping of int to callable, optional
            Tell the same to workers that know what was told before and is not forgotten.
        """
        stale, self._stale = self._stale, []
        for gone in stale:
            self._recipes.pop(gone, None)
        if stale:
            self.ask(dict.fromkeys(self._seats, ("drop", (stale,))))
        for number in recipes:
            if number not in self._seats:
                self._sit(number)
        self._recipes[name] = recipes
        self.ask({number: recipe() for number, recipe in (brief or recipes).items()})

    def forget(self, name: str) -> None:
        """Let what is held under a name go, the next time that something is told."""
        self._stale.append(name)

    def ask(self, calls: Mapping[int, Call]) -> dict[int, Any]:
        """Ask blocks, all at once; what a lost worker leaves open is asked of its successor.

        Parameters
        ----------
        calls : mapping of int to (str, tuple)
            Method and arguments by block.

        Returns
        -------
        dict of int to object
            Answers by block, in the order of the calls.

        Raises
        ------
        ClusterError
            When there is no worker left.
        """
        answers: dict[int, Any] = {}
        lost: Counter[int] = Counter()
        left = dict(calls)
        while left:
            found = self._gather({number: self._seats[number] for number in left}, left)
            answers |= {n: answer for n, answer in found.items() if not isinstance(answer, _Lost)}
            left = {number: call for number, call in left.items() if number not in answers}
            lost.update(left.keys())
            for number in left:
                if lost[number] > _MOST_LOST:
                    raise ClusterError(f"{_MOST_LOST} workers were lost in one pass over a block")
                logger.warning("a worker is lost", extra={"worker": self._seats[number].address})
                self._sit(number)
        return {number: answers[number] for number in calls}

    def _gather(self, seats: Mapping[int, _Seat], calls: Mapping[int, Call]) -> dict[int, Any]:
        self.traffic.trips += 1
        self.traffic.sent += _bytes(args for _, args in calls.values())
        found: dict[int, Any] = self._client.sync(self._all, seats, calls)
        self.traffic.received += _bytes(found.values())
        for answer in found.values():
            if isinstance(answer, Exception):
                raise answer
        return found

    async def _all(self, seats: Mapping[int, _Seat], calls: Mapping[int, Call]) -> dict[int, Any]:
        tasks = {
            number: asyncio.ensure_future(self._one(seats[number], *call))
            for number, call in calls.items()
        }
        try:
            while any(not task.done() for task in tasks.values()):
                await asyncio.wait(tasks.values(), timeout=_WATCH)
                for number, task in tasks.items():
                    # an answer may never come over a connection that died with its worker
                    if seats[number].lost:
                        task.cancel()
        finally:
            for task in tasks.values():
                task.cancel()
        return {n: _Lost() if task.cancelled() else task.result() for n, task in tasks.items()}

    async def _one(self, seat: _Seat, method: str, args: tuple[Any, ...]) -> Any:
        """Return the answer, `_Lost`, or the exception that the holder raised."""
        wrapped = [library().protocol.to_serialize(arg) for arg in args]
        try:
            said = await self._client.rpc(seat.address).actor_execute(
                function=method, actor=seat.key, args=wrapped, kwargs={}
            )
        except (OSError, KeyError):
            # closed, refused, or a new worker at the old address that knows of nothing
            return _Lost()
        return said["result"] if said["status"] == "OK" else said["exception"]

    def _sit(self, number: int) -> None:
        """Give a block to the worker that has least to hold, and tell that all it must know."""
        end = time.monotonic() + self._patience
        while True:
            seat = self._try(number)
            if seat is not None:
                self._seats[number] = seat
                return
            if time.monotonic() > end:
                raise ClusterError(
                    f"no worker of {self._address} could be given its part of the fleet within "
                    f"{self._patience:g} s"
                )
            time.sleep(_WATCH)

    def _try(self, number: int) -> _Seat | None:
        threads = self.workers()
        taken = Counter(
            seat.address for other, seat in self._seats.items() if other != number and not seat.lost
        )
        address = min(threads, key=lambda each: (taken[each] / threads[each], each))
        key = f"disposal-{number}-{uuid.uuid4().hex}"
        future = self._client.submit(
            Holder, threads[address], key=key, actor=True, workers=[address], pure=False
        )
        if not self._seated(future, address):
            return None
        seat = _Seat(address, key, future)
        calls: list[Call] = [("release", ())]
        calls += [recipes[number]() for recipes in self._recipes.values() if number in recipes]
        for place, call in enumerate(calls):
            answer = self._gather({number: seat}, {number: call})[number]
            if isinstance(answer, _Lost):
                return None
            if place == 0 and answer != release():
                raise ClusterError(f"the worker {address} has {answer}, this machine {release()}")
        return seat

    def _seated(self, future: Any, address: str) -> bool:
        """Wait until a worker has its holder; tell whether it was there to take it."""
        end = time.monotonic() + _LOADING
        while time.monotonic() < end:
            try:
                failure = future.exception(timeout=1.0)
            except TimeoutError:
                if address not in self.workers():
                    return False
                continue
            if failure is None:
                return True
            if _is_loss(failure):
                return False
            raise ClusterError(
                f"the worker {address} cannot load the engine: {failure}; install {release()} there"
            )
        raise ClusterError(f"the worker {address} has not loaded the engine in {_LOADING:g} s")


def _is_loss(error: BaseException) -> bool:
    """Whether a task failed because its worker went, not by itself."""
    return type(error).__module__.startswith("distributed")


def _bytes(things: Iterable[Any]) -> int:
    total = 0
    for thing in things:
        if isinstance(thing, np.ndarray):
            total += thing.nbytes
        elif isinstance(thing, tuple):
            total += _bytes(thing)
    return total

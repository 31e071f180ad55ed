"""Commands in processes that find their libraries imported: forked from one that has them.

A command that starts an interpreter of its own spends seconds on importing before it does
anything. Here a server of :mod:`multiprocessing` imports once, never starts a thread, and forks
a process for every command, which stands alone as much as any other: its memory, its limits, its
signals and its end are its own.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NoReturn

#: What a plan imports, with what it imports only when it comes to it.
_PRELOADED: Final = (
    "warm", "auction.cli", "auction.planning", "auction.last_plan", "auction.run.folder",
    "auction.run.writing", "auction.report.source", "altair",
    "ortools.math_opt.python.mathopt", "babel.numbers", "xlsxwriter",
)  # fmt: skip
_SERVER: Final = get_context("forkserver")
_SERVER.set_forkserver_preload(list(_PRELOADED))
#: One command's process is started at a time; they run side by side.
_STARTING: Final = threading.Lock()
#: One thread for each library that would start its own as soon as it is imported.
_SINGLE: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Used:
    """How a command ended and what it used.

    Parameters
    ----------
    code : int
        Exit code; negative for a signal.
    seconds, processor : float
        By the clock on the wall, and of processor time.
    memory : int
        Largest resident set, bytes; what was imported before is part of it.
    """

    code: int
    seconds: float
    processor: float
    memory: int


def command(
    arguments: list[str],
    out: Path,
    err: Path,
    *,
    seconds: float,
    data: int = resource.RLIM_INFINITY,
    cwd: Path | None = None,
) -> Used:
    """Run ``disposal`` with these arguments.

    Parameters
    ----------
    arguments : list of str
        What stands behind ``disposal``.
    out, err : Path
        Files that take what it says; made.
    seconds : float
        Seconds after which it is killed.
    data : int
        Limit of its data segment, bytes; none unless given.
    cwd : Path, optional
        Folder that it runs in, by default the one of whoever calls.
    """
    mine, theirs = _SERVER.Pipe(duplex=False)
    environment = {**os.environ, **_SINGLE}
    folder = str(Path.cwd() if cwd is None else cwd)
    with _STARTING:
        # The server takes its environment from whoever starts it, which is the first command.
        before = {name: os.environ.get(name) for name in _SINGLE}
        os.environ.update(_SINGLE)
        try:
            process = _SERVER.Process(
                target=_watch,
                args=(theirs, arguments, str(out), str(err), folder, environment, seconds, data),
            )
            process.start()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
    theirs.close()
    try:
        used = mine.recv()
    finally:
        process.join()
        mine.close()
    assert isinstance(used, Used)
    return used


def _watch(
    told: Connection,
    arguments: list[str],
    out: str,
    err: str,
    folder: str,
    environment: dict[str, str],
    seconds: float,
    data: int,
) -> None:
    """Fork the command itself, wait for it and tell how it ended."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        _be_the_command(arguments, out, err, folder, environment, data)
    late = threading.Timer(seconds, os.kill, (child, signal.SIGKILL))
    late.start()
    _, status, used = os.wait4(child, 0)
    late.cancel()
    told.send(
        Used(
            os.waitstatus_to_exitcode(status), time.monotonic() - start,
            used.ru_utime + used.ru_stime, used.ru_maxrss * 1024,
        )
    )  # fmt: skip


def _be_the_command(
    arguments: list[str],
    out: str,
    err: str,
    folder: str,
    environment: dict[str, str],
    data: int,
) -> NoReturn:
    """Run the command in this process and end it as the interpreter would."""
    code = 1
    try:
        for path, number in ((os.devnull, 0), (out, 1), (err, 2)):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            handle = os.open(path, flags, 0o600)
            os.dup2(handle, number)
            os.close(handle)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(  # noqa: SIM115
            2, "w", encoding="utf-8", buffering=1, errors="backslashreplace", closefd=False
        )
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        # The server ignores Ctrl-C; a command does not.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        resource.setrlimit(resource.RLIMIT_DATA, (data, data))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        from auction.cli import main

        sys.argv = ["disposal", *arguments]
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # noqa: BLE001 - told as the interpreter tells it
            sys.excepthook(*sys.exc_info())
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)

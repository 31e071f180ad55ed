"""Commands in processes that find their libraries imported: forked from one that has them.

A command that starts an interpreter of its own spends seconds on importing before it does
anything. Here a server of :mod:`multiprocessing` imports once, never starts a thread, and forks
a process for every command, which stands alone as much as any other: its memory, its limits, its
signals and its end are its own.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Final, NoReturn

#: What a plan imports, with what it imports only when it comes to it.
_PRELOADED: Final = (
    "warm", "auction.cli", "auction.planning", "auction.last_plan", "auction.run.folder",
    "auction.run.writing", "auction.report.source", "altair",
    "ortools.math_opt.python.mathopt", "babel.numbers", "rustpy_xlsxwriter",
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
    process = _SERVER.Process(
        target=_watch,
        args=(theirs, arguments, str(out), str(err), folder, environment, seconds, data),
    )
    _start(process)
    theirs.close()
    try:
        used = mine.recv()
    finally:
        process.join()
        mine.close()
    assert isinstance(used, Used)
    return used


def _start(process: ForkServerProcess) -> None:
    """Start a process, and the server that forks it where it is the first."""
    with _STARTING:
        # The server takes its environment from whoever starts it, which is the first command.
        before = {name: os.environ.get(name) for name in _SINGLE}
        os.environ.update(_SINGLE)
        try:
            process.start()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


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
    """Make this process the command and end it as the interpreter would."""
    for path, number in ((os.devnull, 0), (out, 1), (err, 2)):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        handle = os.open(path, flags, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    _run(arguments, folder, environment)


def _run(arguments: list[str], folder: str, environment: dict[str, str]) -> NoReturn:
    """Run the command with the streams that this process has by now, and end the process."""
    code = 1
    try:
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
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if "PYTHONWARNINGS" in environment:
            warnings.simplefilter(environment["PYTHONWARNINGS"])  # type: ignore[arg-type]
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


#: What a shell finds as ``disposal``: hands its streams to the server and waits for the end.
_CLIENT: Final = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(asked).to_bytes(8, "little")], [0, 1, 2])
    server.sendall(asked)
    told = server.recv(8)
if len(told) != 8:
    sys.exit("the server of warm commands is gone")
code = int.from_bytes(told, "little", signed=True)
if code < 0:
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


@contextmanager
def in_shells() -> Iterator[Path]:
    """Yield a folder with an executable ``disposal``, to be named first in ``PATH``.

    What it runs is forked as by `command`; arguments, folder, environment and open streams are
    those of whoever calls it.
    """
    ready, listening = _SERVER.Pipe(duplex=False)
    # not below a folder of pytest, whose path may be longer than that of a socket
    with tempfile.TemporaryDirectory() as folder, ready:
        address = str(Path(folder) / "door")
        client = Path(folder) / "disposal"
        client.write_text(_CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
        client.chmod(0o755)
        server = _SERVER.Process(target=_serve, args=(address, listening), daemon=True)
        _start(server)
        listening.close()
        try:
            ready.recv()
            yield Path(folder)
        finally:
            server.terminate()
            server.join()


def _serve(address: str, listening: Connection) -> None:
    """Fork a process for everyone who calls, until terminated."""
    # nobody waits for those that answer
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        listening.send(True)
        listening.close()
        while True:
            caller, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _answer(caller)
            caller.close()


def _answer(caller: socket.socket) -> NoReturn:
    """Fork the command that is asked for, wait for it and tell its exit code."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        size, streams, _, _ = socket.recv_fds(caller, 8, 3)
        with caller.makefile("rb") as file:
            asked: list[Any] = json.loads(file.read(int.from_bytes(size, "little")))
        arguments, folder, environment = asked
        child = os.fork()
        if child == 0:
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            caller.close()
            _run(arguments, folder, {**environment, **_SINGLE})
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        caller.sendall(code.to_bytes(8, "little", signed=True))
    finally:
        os._exit(0)

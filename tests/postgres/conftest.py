"""A real PostgreSQL server of the tests' own, started once and stopped at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import missing

PASSWORD = "s3cret/w%rd"
QUOTED = "s3cret%2Fw%25rd"
OWNER = "owner"


def binaries() -> Path:
    """Folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    if named is None:
        missing("PostgreSQL is not installed")
    return Path(named).parent


def unprivileged() -> list[str]:
    """Words before a command that make it run as somebody whom the server accepts."""
    if os.geteuid() != 0:
        return []
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    account = pwd.getpwnam(user)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        missing("setpriv is not installed")
    return [setpriv, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


@dataclass(frozen=True)
class Server:
    """A running server."""

    folder: Path
    programs: Path
    port: int

    def url(self, *, user: str = OWNER, password: str = QUOTED, database: str = "postgres") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def run(self, program: str, *words: str, **options: str) -> str:
        done = subprocess.run(
            [*unprivileged(), str(self.programs / program), *words],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **options},
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self) -> None:
        settings = (
            f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories='' "
            "-c fsync=off -c full_page_writes=off -c max_connections=20"
        )
        data = self.folder / "data"
        self.run("pg_ctl", "-D", str(data), "-o", settings, "-w", "-l", str(data / "log"), "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def sql(self, text: str) -> str:
        """Run statements as the owner; return what psql prints, values alone."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", OWNER, "-d", "postgres"]
        return self.run(
            "psql", *where, "-v", "ON_ERROR_STOP=1", "-At", "-c", text, PGPASSWORD=PASSWORD
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that only the tests know, with a password and nothing in it."""
    pytest.importorskip("adbc_driver_postgresql")
    programs = binaries()
    # Not below pytest's own folder: the server's user has to be able to walk there.
    folder = Path(tempfile.mkdtemp(prefix="disposal-postgres-"))
    folder.chmod(0o755)
    server = Server(folder, programs, free_port())
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        data = folder / "data"
        data.mkdir()
        if os.geteuid() == 0:
            words = unprivileged()
            user, group = (int(word.partition("=")[2]) for word in words[1:3])
            os.chown(data, user, group)
            os.chown(secret, user, group)
        server.run(
            "initdb", "-D", str(data), "-A", "scram-sha-256", "--pwfile", str(secret), "-U", OWNER,
            "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server with an empty schema, its address in the environment."""
    monkeypatch.setenv("DISPOSAL_DATABASE_URL", server.url())
    server.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return server


SETTINGS = 'as_of = 2015-01-25\ncurrency = "USD"\n'


@pytest.fixture
def asking(tmp_path: Path) -> Callable[..., Path]:
    """Write a workspace whose tables are queries, by name."""

    def write(more: str = "", settings: str = SETTINGS, **queries: str) -> Path:
        toml = settings
        for name, query in queries.items():
            toml += f"[tables.{name}]\nquery = '''{query}'''\n"
        (tmp_path / "disposal.toml").write_text(toml + more, encoding="utf-8")
        return tmp_path

    return write

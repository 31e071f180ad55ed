"""Run folders when the process is killed, the disk is full, or two runs want the same place."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from auction.errors import RunFolderError
from auction.run import aside
from auction.run.aside import Owner, make_aside, sweep
from auction.run.durable import digests, replace_text, sync_tree
from auction.run.folder import RunFolder

TABLE = pl.DataFrame({"vehicle_id": ["a", "b"], "net": [1.5, None]})


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def write(target: Path) -> None:
    with RunFolder(target) as run:
        run.table("t.parquet", TABLE)
        (run.aside / "rejected").mkdir()
        (run.aside / "rejected" / "r.csv").write_text("a\n", encoding="utf-8")


# --- killed in any step ---

STEPS = (
    (os, "mkdir"), (os, "open"), (os, "fsync"), (os, "rename"), (os, "replace"),
    (os, "symlink"), (os, "rmdir"), (os, "unlink"), (shutil, "rmtree"),
)  # fmt: skip


def die_in(step: int, target: Path) -> int:
    """Write a run in a process of its own that is killed in its step-th call; return its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child needs no other thread
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = [step]

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **named)

        return call

    for module, name in STEPS:
        setattr(module, name, dying(getattr(module, name)))
    with RunFolder(target) as run:
        run.record("r.json", {"x": 1})
        (run.aside / "t.csv").write_bytes(b"a")
    os._exit(0)


def test_killed_in_any_step_an_old_run_or_a_whole_new_one_stands(tmp_path: Path) -> None:
    write(tmp_path / "old")
    old = digests(tmp_path / "old")
    outcomes = []
    for step in range(1, 60):
        target = tmp_path / f"new-{step}"
        code = die_in(step, target)
        whole = target.exists()
        if whole:
            assert names(target) == ["r.json", "t.csv"]
        latest = (tmp_path / "latest").readlink().name
        assert latest in names(tmp_path)
        assert digests(tmp_path / "old") == old
        outcomes.append((whole, latest == target.name))
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert code == 0, "more steps than were tried"
    # All three states were met: nothing yet, a run that latest does not name yet, and the end.
    assert {(False, False), (True, False), (True, True)} == set(outcomes)
    assert outcomes == sorted(outcomes), "a later kill leaves no less"
    write(tmp_path / "last")
    assert not [name for name in names(tmp_path) if name.startswith(".")]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_the_dead_left_is_swept_by_the_next_run(tmp_path: Path, number: int) -> None:
    code = (
        "import os, sys; from pathlib import Path; from auction.run.folder import RunFolder\n"
        "run = RunFolder(Path(sys.argv[1])); run.record('r.json', {'x': 1})\n"
        f"os.kill(os.getpid(), {int(number)})"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "one")], check=False)
    hidden = names(tmp_path)
    assert len(hidden) == 1
    assert Owner.of(tmp_path / hidden[0]) is not None
    write(tmp_path / "two")
    assert names(tmp_path) == ["latest", "two"]


# --- never those of the living ---


def named(owner: Owner, parent: Path) -> Path:
    folder = parent / f".run.aside-{owner}-abc123"
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "t.parquet").write_bytes(b"half")
    return folder


def gone() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_the_dead_of_this_machine_are_swept(tmp_path: Path) -> None:
    here = Owner.here()
    dead = [
        Owner(here.machine, here.boot, gone(), here.started),
        Owner(here.machine, here.boot, here.pid, here.started + 1),  # the id was given anew
        Owner(here.machine, "0" * 8, here.pid, here.started),  # the machine has started anew
        Owner("0" * 8, here.boot, here.pid, here.started),  # another container, its lock is gone
    ]
    living = [
        here,
        Owner("0" * 8, "0" * 8, here.pid, here.started),  # another machine on a shared disk
    ]
    swept = [named(owner, tmp_path) for owner in dead]
    kept = [named(owner, tmp_path) for owner in living]
    assert sweep(tmp_path) == sorted(swept)
    assert names(tmp_path) == sorted(folder.name for folder in kept)
    assert all((folder / "run" / "t.parquet").read_bytes() == b"half" for folder in kept)


def test_another_container_that_holds_its_lock_is_left_alone(tmp_path: Path) -> None:
    folder = named(Owner("0" * 8, Owner.here().boot, 1, 1), tmp_path)
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert sweep(tmp_path) == []
    os.close(lock)
    assert sweep(tmp_path) == [folder]


def test_a_process_that_waits_to_be_buried_is_dead(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    here = Owner.here()
    started = aside._started(process.pid)
    assert started is not None
    folder = named(Owner(here.machine, here.boot, process.pid, started), tmp_path)
    assert sweep(tmp_path) == []
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert sweep(tmp_path) == [folder]
    process.communicate()


@pytest.mark.parametrize(
    "name", [".run.aside", ".run.aside-x", "run.aside-00000000-00000000-1-1-a", ".keep", "mine"]
)
def test_what_is_not_ours_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine.txt").write_text("mine", encoding="utf-8")
    write(tmp_path / "run")
    assert (tmp_path / name / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_a_link_with_the_name_of_the_dead_is_not_followed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "mine.txt").write_text("mine", encoding="utf-8")
    here = Owner.here()
    owner = Owner(here.machine, here.boot, gone(), 1)
    (tmp_path / f".run.aside-{owner}-abc").symlink_to(mine)
    write(tmp_path / "run")
    assert names(mine) == ["mine.txt"]


# --- two at once ---


def test_a_target_that_is_being_written_is_refused_before_any_work(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run") as first:
        first.table("t.parquet", TABLE)
        with pytest.raises(RunFolderError, match=rf"being written by another run.*{os.getpid()}"):
            RunFolder(tmp_path / "run")
        with RunFolder(tmp_path / "other") as second:
            second.table("t.parquet", TABLE)
    assert names(tmp_path) == ["latest", "other", "run"]


RACING = """
import sys, time
from pathlib import Path
from auction.errors import RunFolderError
from auction.run.folder import RunFolder
target, go = Path(sys.argv[1]), Path(sys.argv[2])
while not go.exists():
    pass
try:
    with RunFolder(target) as run:
        run.record("r.json", {"who": sys.argv[3]})
        time.sleep(0.3)
except RunFolderError as error:
    print(error)
    sys.exit(2)
"""


def test_of_several_at_once_one_wins_and_the_others_are_refused(tmp_path: Path) -> None:
    target, go = tmp_path / "runs" / "new" / "run", tmp_path / "go"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACING, str(target), str(go), str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    go.touch()
    told = [process.communicate(timeout=60)[0] for process in processes]
    codes = [process.returncode for process in processes]
    assert sorted(codes) == [0, 2, 2, 2]
    winner = codes.index(0)
    assert f'"{winner}"' in (target / "r.json").read_text(encoding="utf-8")
    for number, words in enumerate(told):
        if number != winner:
            assert "is being written by another run" in words or "exists already" in words
    assert names(target.parent) == ["latest", "run"]


def test_a_scheduler_may_hold_the_lock_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "_PATIENCE_SECONDS", 0.05)
    lock = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    write(tmp_path / "run")
    os.close(lock)
    assert names(tmp_path) == ["latest", "run"]


def test_an_empty_folder_that_appears_meanwhile_is_not_taken(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.table("t.parquet", TABLE)
    (tmp_path / "run").mkdir()
    with pytest.raises(RunFolderError, match="exists already"):
        run.__exit__(None)
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == []


# --- a disk that is full or fails ---


def failing(number: int, call: Callable[..., object], after: int) -> Callable[..., object]:
    left = [after]

    def fail(*arguments: object, **named: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(number, os.strerror(number))
        return call(*arguments, **named)

    return fail


@pytest.mark.parametrize("after", [0, 1, 2, 3])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails_when_written_through_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, after: int
) -> None:
    monkeypatch.setattr(os, "fsync", failing(number, os.fsync, after))
    with pytest.raises(RunFolderError, match=f"run cannot be written: {os.strerror(number)}"):
        write(tmp_path / "runs" / "run")
    assert names(tmp_path) == []


def test_a_rename_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "rename", failing(errno.ENOSPC, os.rename, 0))
    with pytest.raises(RunFolderError, match="run cannot be written: No space left on device"):
        write(tmp_path / "run")
    assert names(tmp_path) == []


def test_a_link_that_cannot_be_moved_is_told_and_the_run_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "one")
    monkeypatch.setattr(os, "symlink", failing(errno.ENOSPC, os.symlink, 0))
    with pytest.raises(RunFolderError, match="stands complete, but latest may point"):
        write(tmp_path / "two")
    assert names(tmp_path) == ["latest", "one", "two"]
    assert names(tmp_path / "two") == ["rejected", "t.parquet"]
    assert (tmp_path / "latest").readlink() == Path("one")


def test_all_is_written_through_before_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    fsync, rename = os.fsync, os.rename

    def watched(handle: int) -> None:
        events.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    def renamed(source: Path, target: Path) -> None:
        events.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", watched)
    monkeypatch.setattr(os, "rename", renamed)
    write(tmp_path / "target")
    assert sorted(events[:4]) == ["r.csv", "rejected", "run", "t.parquet"]
    assert events[3:5] == ["run", "rename"]
    assert events[5] == tmp_path.name


@pytest.fixture
def on_a_tiny_disk(tmp_path: Path) -> list[str]:
    """What to put before a command so that tmp_path is a disk of 64 KiB for it alone.

    Where no disk may be mounted its files may not grow beyond that.
    """
    mount = 'mount -t tmpfs -o size=64k,mode=755 tmpfs "$0"'
    mounted = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', str(tmp_path)]
    if shutil.which("unshare") is not None:
        tried = subprocess.run([*mounted, "true"], check=False, capture_output=True)
        if tried.returncode == 0:
            return mounted
    return ["sh", "-c", 'ulimit -f 128 && exec "$@"', "sh"]


FILLING = """
import hashlib, sys
from datetime import datetime
from pathlib import Path
import polars as pl
from auction.errors import RunFolderError
from auction.run.folder import RunFolder

keys = [hashlib.sha256(bytes([i % 256, i // 256])).hexdigest() for i in range(9000)]
wide = pl.DataFrame({"key": keys})
try:
    with RunFolder(Path(sys.argv[1])) as run:
        run.table("small.parquet", wide[:10])
        if sys.argv[2] == "table":
            run.table("t.parquet", wide)
        elif sys.argv[2] == "record":
            run.record("r.json", {"keys": keys})
        elif sys.argv[2] == "workbook":
            run.workbook("t.xlsx", wide, datetime(2026, 6, 1))
        else:
            with run.writing():
                wide.write_csv(run.aside / "t.csv")
except RunFolderError as error:
    print(error)
print(sorted(path.name for path in Path(sys.argv[1]).parents[1].iterdir()))
"""


@pytest.mark.parametrize("kind", ["table", "record", "workbook", "other"])
def test_a_full_disk_is_told_and_nothing_is_left(
    tmp_path: Path, on_a_tiny_disk: list[str], kind: str
) -> None:
    target = tmp_path / "runs" / "run"
    done = subprocess.run(
        [*on_a_tiny_disk, sys.executable, "-c", FILLING, str(target), kind],
        capture_output=True,
        text=True,
        check=True,
    )
    told, left = done.stdout.splitlines()
    assert re.search(r"run cannot be written: (No space|File too large)", told)
    assert left == "[]"
    assert done.stderr == ""


def test_other_errors_of_a_block_keep_their_kind(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    with pytest.raises(pl.exceptions.ColumnNotFoundError), run, run.writing():
        TABLE.select("nothing")
    assert names(tmp_path) == []


# --- names and rights ---


@pytest.mark.parametrize("name", ["x" * 255, "ß" * 127, "a b\n'\"", "日本", "-", ".hidden"])
def test_any_name_of_a_file_will_do(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    assert (tmp_path / name / "t.parquet").is_file()
    assert not [other for other in names(tmp_path) if ".aside-" in other]


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="cannot be written: File name too long"):
        RunFolder(tmp_path / ("x" * 256))
    assert names(tmp_path) == []


def test_the_rights_of_a_run_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write(tmp_path / "run")
    finally:
        os.umask(before)
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_parents_made_for_a_run_that_fails_are_removed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with pytest.raises(RuntimeError), RunFolder(tmp_path / "kept" / "a" / "b" / "run"):
        raise RuntimeError
    assert names(tmp_path) == ["kept"]
    assert names(tmp_path / "kept") == []


# --- files by themselves ---


def test_a_text_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "t.json"
    replace_text(target, "one")
    replace_text(target, "two")
    assert target.read_text(encoding="utf-8") == "two"
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC, os.fsync, 0))
    with pytest.raises(OSError, match="No space left"):
        replace_text(target, "three")
    assert target.read_text(encoding="utf-8") == "two"
    assert names(tmp_path) == ["t.json"]


def test_the_digests_are_those_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x").write_bytes(b"abc")
    (tmp_path / "a").write_bytes(b"")
    sync_tree(tmp_path)
    assert digests(tmp_path) == {
        "a": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "b/x": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }


def test_a_folder_that_is_made_tells_its_owner(tmp_path: Path) -> None:
    folder, lock = make_aside(tmp_path / "run")
    assert Owner.of(folder) == Owner.here()
    assert folder.stat().st_mode & 0o777 == 0o700
    os.close(lock)

"""Run the console blocks of Markdown pages as one session and compare what they show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from warm import in_shells

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_END = re.compile("\n?\x1e(\\d+)\x1e\n")


@dataclass
class Step:
    """A command of a page and the output that the page shows, None where it shows none."""

    page: str
    command: str
    shown: list[str] = field(default_factory=list)

    def agrees(self, output: str) -> bool:
        """Whether the output is as shown; a line ``...`` stands for any lines."""
        pattern = ""
        for line in self.shown:
            if line.strip() == "...":
                pattern += r"(?:.*\n)*?"
            else:
                pattern += re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + r"[ ]*\n"
        return re.fullmatch(pattern, output.rstrip("\n") + "\n") is not None


def steps(page: Path) -> list[Step]:
    """Return the commands of a page: ``$`` begins one, ``>`` continues it."""
    found: list[Step] = []
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(page.name, line[2:]))
            elif line == ">" or (line.startswith("> ") and not found[-1].shown):
                found[-1].command += "\n" + line[2:]
            else:
                found[-1].shown.append(line)
    return found


def run(commands: list[Step], folder: Path) -> list[tuple[Step, str, int]]:
    """Run commands in one shell in a folder; return each with its output and exit code."""
    lines = ["exec 2>&1 </dev/null"]
    for step in commands:
        lines += [step.command, "_s=$?; printf '\\n\\036%d\\036\\n' $_s; (exit $_s)"]
    script = folder / ".session"
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    beside = Path(sys.executable).parent
    assert (beside / "disposal").is_file(), "the command is not installed"
    with in_shells() as warm:
        environment = {
            **os.environ,
            "PATH": os.pathsep.join((str(warm), str(beside), os.environ["PATH"])),
            "COLUMNS": "100",
            "LC_ALL": "C.UTF-8",
            "PYTHONWARNINGS": "default",
        }
        done = subprocess.run(
            ["bash", script.name],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )
    parts = _END.split(done.stdout)
    outputs, codes = parts[0::2], parts[1::2]
    assert len(codes) == len(commands), done.stdout[-2000:]
    return [
        (step, output, int(code))
        for step, output, code in zip(commands, outputs, codes, strict=False)
    ]

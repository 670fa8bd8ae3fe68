"""Does what `docker build` does with our Dockerfile, in a folder: there is no Docker here.

Paths of the image are moved below the folder, COPY honours .dockerignore, and RUN runs in a shell.
Base images are this machine's Python; only what our own instructions do is looked at.
"""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"

# Folders of the image that the instructions name; each gets its place below the stage's root.
IMAGE_PATHS = re.compile(r"(?<![\w.$])/(?=(?:opt|build)\b)")


@dataclass
class Instruction:
    """One instruction: its word, and what follows."""

    word: str
    rest: str


@dataclass
class Stage:
    """A stage after its last instruction: its files are below `root`."""

    root: Path
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "0"
    command: list[str] = field(default_factory=list)


def instructions() -> list[Instruction]:
    """The Dockerfile's instructions, comments left out and continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        Instruction(*line.split(maxsplit=1)) for line in map(str.strip, joined.splitlines()) if line
    ]


def is_sent(path: Path) -> bool:
    """Whether a file of the repository is part of the build's context."""
    sent, relative = True, path.relative_to(ROOT)
    parents = [str(each) for each in (relative, *relative.parents)][:-1]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        names = [Path(each).name for each in parents] if "**/" in line else parents
        if line and not line.startswith("#"):
            matches = any(fnmatch.fnmatch(name, pattern) for name in names)
            sent = line.startswith("!") if matches else sent
    return sent


def build(root: Path, *, installed: bool) -> Stage:
    """Carry out all instructions below `root`, which is the same for all stages.

    With `installed`, what this environment has counts as installed in the image's: pip then only
    checks it against the constraints, and no package is downloaded.
    """
    stage = Stage(root)
    for each in instructions():
        if each.word == "FROM":
            stage = Stage(root)
        elif each.word == "WORKDIR":
            stage.workdir = each.rest
            _moved(root, each.rest).mkdir(parents=True, exist_ok=True)
        elif each.word in ("ENV", "ARG"):
            pairs = [pair.split("=", 1) for pair in shlex.split(each.rest) if "=" in pair]
            stage.environment |= {name: value for name, value in pairs if name != "PATH"}
        elif each.word == "COPY" and not each.rest.startswith("--from"):
            *sources, target = each.rest.split()
            _copy(sources, _moved(root, stage.workdir) / target)
        elif each.word == "RUN":
            _run(stage, each.rest, installed=installed)
        elif each.word == "USER":
            stage.user = each.rest
        elif each.word == "CMD":
            stage.command = json.loads(each.rest)
    return stage


def image_environment(stage: Stage) -> dict[str, str]:
    """What a container starts with, and nothing of this process."""
    # Where packages of this environment count as installed, so do their commands.
    borrowed = Path(sys.executable).parent
    path = f"{stage.root}/opt/insights/bin:/usr/bin:/bin:{borrowed}"
    return {**_move_all(stage.root, stage.environment), "PATH": path}


def _copy(sources: list[str], target: Path) -> None:
    for source in sources:
        origin = ROOT / source
        files = [origin] if origin.is_file() else list(origin.rglob("*"))
        for path in files:
            if path.is_file() and is_sent(path):
                below = target / (path.name if origin.is_file() else path.relative_to(origin))
                below.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, below)


def _run(stage: Stage, command: str, *, installed: bool) -> None:
    python = f"{sys.executable} -m venv" if "-m venv" in command else ""
    moved = IMAGE_PATHS.sub(f"{stage.root}/", command)
    if python:
        moved = moved.replace("python -m venv", python)
    subprocess.run(
        ["sh", "-ec", moved],
        cwd=_moved(stage.root, stage.workdir),
        env={
            **{name: os.environ[name] for name in os.environ if name.startswith("PIP_")},
            **_move_all(stage.root, stage.environment),
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/root"),
        },
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=600,
    )
    if python and installed:
        [packages] = (stage.root / "opt/insights").glob("lib/python3*/site-packages")
        here = next(path for path in sys.path if path.endswith("site-packages"))
        (packages / "_installed.pth").write_text(f"{here}\n")


def _moved(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _move_all(root: Path, environment: dict[str, str]) -> dict[str, str]:
    return {name: IMAGE_PATHS.sub(f"{root}/", value) for name, value in environment.items()}

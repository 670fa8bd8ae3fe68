"""Reads the Dockerfile and what is sent to a build; `make image-test` tries the image itself."""

import fnmatch
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"


@dataclass
class Instruction:
    """One instruction: its word, and what follows."""

    word: str
    rest: str


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
    parents = [str(parent) for parent in (relative, *relative.parents)][:-1]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        names = [Path(parent).name for parent in parents] if "**/" in line else parents
        if line and not line.startswith("#"):
            matches = any(fnmatch.fnmatch(name, pattern) for name in names)
            sent = line.startswith("!") if matches else sent
    return sent

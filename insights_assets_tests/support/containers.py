"""Builds the image and starts containers as Kubernetes would: user, root file system, /tmp, memory.

With Docker where it runs. Otherwise with Debian's packages buildah, podman and runc, as root: they
need no daemon and, for the build, no privilege that a machine of CI lacks. Where no registry can be
reached, debootstrap makes the base image, under the name that the Dockerfile has for it.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

ROOT = Path(__file__).parents[2]
IMAGE = "localhost/insights:image-test"

# How pip reaches its index on this machine: for the build only, mounted and not copied.
PIP_CONFIGURATION = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs/ca-certificates.crt")
DEBIAN = "bookworm"

Json = dict[str, Any]


@cache
def engine() -> tuple[str, ...]:
    """The command that runs containers; Docker's and podman's options are the same."""
    has_docker = shutil.which("docker") and not _status("docker", "info")
    return ("docker",) if has_docker else ("podman", "--runtime", "runc")


def build_image() -> None:
    """Build IMAGE from the Dockerfile as it is."""
    if engine() == ("docker",):
        _do("docker", "build", "-t", IMAGE, ".")
        return
    base = f"docker.io/library/python:{_default_argument('PYTHON')}"
    if _status("podman", "image", "exists", base) and _status("podman", "pull", "-q", base):
        _bootstrap(base)
    mounts = [f"-v={path}:{path}:ro" for path in PIP_CONFIGURATION if Path(path).exists()]
    _do(
        *("buildah", "bud", "--isolation", "chroot", "--network", "host", "--pull-never"),
        *("--layers", *mounts, "-t", IMAGE, "."),
    )


@contextmanager
def started(
    pod: Json, environment: Mapping[str, str], files: Mapping[str, Path], log: Path
) -> Iterator[str]:
    """Start a pod's one container on the host's network; the value is its name.

    Args:
        pod: Its specification, with the keys that Kubernetes has for it.
        environment: What its env and envFrom come to.
        files: By the path in the container, what its ConfigMaps and volumes of files hold.
        log: Gets what the container says.
    """
    name = f"insights-{uuid4().hex[:8]}"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [
                *engine(),
                "run",
                "--name",
                name,
                *_options(pod),
                *_given(environment, files),
                *_command(pod),
            ],
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        yield name
    finally:
        subprocess.run([*engine(), "rm", "-f", name], capture_output=True, check=False)
        process.wait(timeout=30)


def run_pod(pod: Json, environment: Mapping[str, str], files: Mapping[str, Path], log: Path) -> int:
    """Run a pod's one container to its end; the value is its exit code."""
    with log.open("wb") as said:
        return subprocess.run(
            [*engine(), "run", "--rm", *_options(pod), *_given(environment, files), *_command(pod)],
            stdout=said,
            stderr=subprocess.STDOUT,
            timeout=180,
            check=False,
        ).returncode


def execute(name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a container, as a probe does."""
    return subprocess.run(
        [*engine(), "exec", name, *command], capture_output=True, text=True, check=False, timeout=60
    )


def answers(url: str) -> bool:
    """Return whether an address answers with HTTP 200."""
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(done: Callable[[], object], log: Path | None, seconds: float = 90) -> None:
    """Return once `done` returns something true; fail with the end of `log` otherwise."""
    deadline = time.monotonic() + seconds
    while not done():
        said = log.read_text()[-2000:] if log else ""
        assert time.monotonic() < deadline, f"not within {seconds} s; it said: {said}"
        time.sleep(0.5)


def _options(pod: Json) -> list[str]:
    """Translate what the specification says of user, rights, file systems and memory."""
    [container] = pod["containers"]
    security, user = container["securityContext"], pod["securityContext"]
    assert security["readOnlyRootFilesystem"]
    assert not security["allowPrivilegeEscalation"]
    options = [
        *("--network", "host", "--read-only", "--security-opt", "no-new-privileges"),
        *("--user", f"{user['runAsUser']}:{user['runAsGroup']}"),
        *(f"--cap-drop={capability}" for capability in security["capabilities"]["drop"]),
        *("--memory", _bytes(container["resources"]["limits"]["memory"])),
    ]
    if engine() != ("docker",):
        # podman would add writable folders of its own, and raise limits that we may not raise.
        options += ["--read-only-tmpfs=false", "--ulimit=nofile=4096:4096"]
        options += ["--ulimit=nproc=4096:4096"]
    sizes = {
        volume["name"]: volume["emptyDir"]["sizeLimit"]
        for volume in pod["volumes"]
        if "emptyDir" in volume
    }
    for mount in container["volumeMounts"]:
        if mount["name"] in sizes:
            size = _bytes(sizes[mount["name"]])
            options.append(f"--tmpfs={mount['mountPath']}:rw,size={size},mode=1777")
    return options


def _given(environment: Mapping[str, str], files: Mapping[str, Path]) -> list[str]:
    return [
        *(f"--env={name}={value}" for name, value in environment.items()),
        *(f"--volume={path}:{inside}:ro" for inside, path in files.items()),
    ]


def _command(pod: Json) -> list[str]:
    [container] = pod["containers"]
    return [IMAGE, *container.get("command", []), *container.get("args", [])]


def _bytes(quantity: str) -> str:
    """Write 64Mi as 64m."""
    return re.sub("Mi$", "m", quantity)


def _bootstrap(name: str) -> None:
    """Make a base image of Debian's own packages, as the registry's is of Debian's and Python's."""
    with tempfile.TemporaryDirectory(prefix="base-") as folder:
        packages = "python3,python3-venv,ca-certificates"
        _do("debootstrap", "--variant=minbase", f"--include={packages}", DEBIAN, folder)
        Path(folder, "usr/bin/python").symlink_to("python3")
        archive = f"{folder}.tar"
        _do("tar", "-C", folder, "-cf", archive, "--exclude=./var/cache", ".")
        _do("podman", "import", "-q", archive, name)
        Path(archive).unlink()


def _default_argument(name: str) -> str:
    default = re.search(rf"^ARG {name}=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert default
    return default[1]


def _do(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{said}"


def _status(*command: str) -> int:
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode

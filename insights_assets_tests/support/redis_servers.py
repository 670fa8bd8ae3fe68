"""Real Redis servers as operators run them: with users, TLS, replicas, Sentinel, a cluster."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis import Redis

from insights_assets.local_stack.stores import redis_server
from insights_assets_tests.support.daemon import wait_until

REDIS = str(redis_server())
needs_redis = pytest.mark.skipif(redis_server() is None, reason="no redis-server is here")


def free_port() -> int:
    """Return a port whose bus port, as a node of a cluster has one, is in range as well."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        if port < 55_000:
            return port


@dataclass
class Server:
    """One redis-server on loopback, and a client that may do everything."""

    port: int
    process: subprocess.Popen[bytes]
    admin: Redis
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = f"redis://127.0.0.1:{self.port}/0"


def speaks_tls() -> bool:
    """Return whether the installed redis-server was built with TLS: which option does it refuse?"""
    command = [REDIS, "--tls-port", "0", "--no-such-option", "0"]
    refused = subprocess.run(command, capture_output=True, check=False)
    return b"no-such-option" in refused.stderr + refused.stdout


class Servers:
    """Starts servers, each in a folder of its own, and ends them together."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self._folder = folder
        self._running = running

    def start(self, *options: object, port: int | None = None) -> Server:
        """Start a redis-server with these options; return when it answers."""
        port = port or free_port()
        folder = self._folder / str(port)
        folder.mkdir(exist_ok=True)
        arguments = ["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", *options]
        return self._run([REDIS, *map(str, arguments)], port)

    def port(self) -> int:
        """Return a port for a server that is told it in other words."""
        return free_port()

    def start_sentinel(self, primary: Server) -> Server:
        """Start a Sentinel that watches `primary` as `insights`, and decides alone."""
        port = free_port()
        config = self._folder / f"sentinel-{port}.conf"
        config.write_text(
            f"port {port}\nbind 127.0.0.1\n"
            f"sentinel monitor insights 127.0.0.1 {primary.port} 1\n"
            "sentinel down-after-milliseconds insights 300\n"
            "sentinel failover-timeout insights 2000\n",
            encoding="utf-8",
        )
        return self._run([REDIS, str(config), "--sentinel"], port)

    def start_cluster(self, nodes: int = 3) -> list[Server]:
        """Start a cluster of primaries that share the slots."""
        timeout = ("--cluster-enabled", "yes", "--cluster-node-timeout", 2000)
        servers = [self.start(*timeout) for _ in range(nodes)]
        first = servers[0].admin
        share = 16384 // nodes
        for number, server in enumerate(servers):
            last = 16383 if number == nodes - 1 else (number + 1) * share - 1
            server.admin.execute_command("CLUSTER ADDSLOTS", *range(number * share, last + 1))
            server.admin.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
            if number:
                first.execute_command("CLUSTER MEET", "127.0.0.1", server.port)
        wait_until(
            lambda: all(
                server.admin.execute_command("CLUSTER INFO")["cluster_state"] == "ok"
                for server in servers
            ),
            seconds=10,
        )
        return servers

    def _run(self, command: list[str], port: int) -> Server:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self._running.callback(process.wait)
        self._running.callback(process.kill)
        admin = Redis(port=port)
        self._running.callback(admin.close)
        wait_until(lambda: _answers(port), seconds=10)
        return Server(port, process, admin)


@contextmanager
def redis_servers(folder: Path) -> Iterator[Servers]:
    """Start servers for as long as a test runs."""
    with ExitStack() as running:
        yield Servers(folder, running)


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate for loopback that signs itself, and its key; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def _answers(port: int) -> bool:
    """Whether the server takes connections; it may want TLS or a password."""
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex(("127.0.0.1", port)) == 0

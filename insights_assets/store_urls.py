"""What the addresses of the stores say by themselves, before anything is asked.

A ValueError is one plain sentence that never repeats the address: it may hold a password.
"""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

DATABASE_NAME = "[A-Za-z0-9_-]{1,63}"
MONGO_SCHEMES = ("mongodb://", "mongodb+srv://")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
# In an address these name where the user is kept, not where data are.
RESERVED_DATABASES = {"admin", "config", "local"}

_ENCODE = (
    "its user name or password has a character that must be percent-encoded"
    " (@ is %40, / is %2F, : is %3A, ? is %3F, # is %23, % is %25)"
)


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _truth(text: str) -> bool:
    return text.lower() in {"true", "false", "yes", "no", "1", "0"}


# What can be written as text; a connection takes more, but only from programs.
_REDIS_OPTIONS: dict[str, Callable[[str], bool]] = {
    "db": str.isdigit,
    "username": bool,
    "password": bool,
    "protocol": {"2", "3"}.__contains__,
    "client_name": lambda text: text.isprintable() and " " not in text,
    "socket_timeout": _number,
    "socket_connect_timeout": _number,
    "socket_keepalive": _truth,
    "retry_on_timeout": _truth,
    "health_check_interval": _number,
    "max_connections": lambda text: text.isdigit() and int(text) > 0,
}
_TLS_OPTIONS: dict[str, Callable[[str], bool]] = {
    "ssl_cert_reqs": {"none", "optional", "required"}.__contains__,
    "ssl_check_hostname": _truth,
    "ssl_ca_certs": bool,
    "ssl_ca_path": bool,
    "ssl_certfile": bool,
    "ssl_keyfile": bool,
    "ssl_password": bool,
}


def check_mongo_uri(uri: str) -> None:
    """Raise ValueError if no MongoDB can be meant by `uri`; its options are the driver's to check.

    A raw @ or / in a password would make the driver take a piece of it for a host, and messages
    name hosts.
    """
    if not uri.startswith(MONGO_SCHEMES):
        raise ValueError("it should begin with mongodb:// or mongodb+srv://")
    hosts, rest = _hosts_and_rest(uri)
    if hosts.count("@") > 1 or "@" in rest:
        raise ValueError(_ENCODE)
    if not hosts.rpartition("@")[2]:
        raise ValueError("it names no host: write it as mongodb://user:password@host:port")
    if any(character.isspace() for character in uri):
        raise ValueError("there is a space or a line break in it")
    named = database_in(uri)
    if named and not re.fullmatch(DATABASE_NAME, named):
        raise ValueError("the database in its path should have letters, digits, - and _ only")


def database_in(uri: str) -> str | None:
    """Return the database that a MongoDB URI names for data in its path, if it does."""
    name = unquote(_hosts_and_rest(uri)[1].partition("?")[0].removeprefix("/"))
    return name if name and name not in RESERVED_DATABASES else None


def check_redis_url(url: str) -> None:
    """Raise ValueError if no Redis can be meant by `url`, or an option is none or misplaced."""
    if not url.startswith(REDIS_SCHEMES):
        raise ValueError("it should begin with redis://, rediss:// or unix://")
    if "@" in _hosts_and_rest(url)[1] and not url.startswith("unix://"):
        raise ValueError(_ENCODE)
    if any(character.isspace() for character in url):
        raise ValueError("there is a space or a line break in it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(
            "its port is not a number or its host is malformed: write it as"
            " redis://user:password@host:port/0"
        ) from None
    if parts.scheme == "unix":
        if not parts.path.strip("/"):
            raise ValueError("it names no socket: write it as unix:///path/to/redis.sock?db=0")
    elif not parts.hostname or port == 0:
        raise ValueError("it names no host: write it as redis://user:password@host:port/0")
    elif not _is_database(parts.path):
        raise ValueError("what follows the port should be the number of a database, as /0")
    _check_redis_options(parts)


def _check_redis_options(parts: SplitResult) -> None:
    known = _REDIS_OPTIONS | (_TLS_OPTIONS if parts.scheme == "rediss" else {})
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in known:
            if not known[name](value):
                raise ValueError(f"the value of its option {name} cannot be used")
        elif name in _TLS_OPTIONS:
            raise ValueError(f"its option {name} is of TLS: begin it with rediss://")
        else:
            shown = name[:40] if name.isidentifier() else "of that name"
            raise ValueError(f"it has no option {shown}; there are {', '.join(known)}")


def _hosts_and_rest(url: str) -> tuple[str, str]:
    """Split after the user, password and hosts: where the path, the options or a fragment begin."""
    after = url.partition("://")[2]
    end = min((at for at in map(after.find, "/?#") if at >= 0), default=len(after))
    return after[:end], after[end:]


def _is_database(path: str) -> bool:
    return path in {"", "/"} or path.removeprefix("/").isdigit()

"""MongoDB and Redis on loopback, for machines that have neither."""

from insights_assets.local_stack.processes import LocalStackError
from insights_assets.local_stack.stack import DEFAULT_MONGO_PORT, DEFAULT_REDIS_PORT, LocalStack
from insights_assets.local_stack.stores import redis_server

__all__ = [
    "DEFAULT_MONGO_PORT",
    "DEFAULT_REDIS_PORT",
    "LocalStack",
    "LocalStackError",
    "redis_server",
]

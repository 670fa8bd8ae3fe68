"""The one way chance comes in."""

from random import Random


def rng_for(*name: object) -> Random:
    """A generator of its own for everything that has a name; the same name, the same throws."""
    return Random(":".join(map(str, name)))  # noqa: S311  (invented prices are no secret)

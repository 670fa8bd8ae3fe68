"""How the columns of datasets are checked on their way back: derived from the registered types."""

from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter

from insights_assets.model.outcomes import DatasetData

# A dataset's provenance is checked apart from its columns, whose type its `kind` names.
_CONFIG = ConfigDict(allow_inf_nan=False, arbitrary_types_allowed=True)


def columns_adapter(types: Iterable[type[DatasetData]]) -> TypeAdapter[DatasetData]:
    """Return what writes and reads any of `types`, told apart by their `kind`."""
    known: list[Any] = list(dict.fromkeys(types))
    for kind in known:
        refuse_nan(kind)
    union: Any = reduce(or_, known)
    if len(known) > 1:
        union = Annotated[union, Field(discriminator="kind")]
    return TypeAdapter(union)


def refuse_nan(kind: type) -> None:
    """Let pydantic refuse NaN and infinity in `kind` and the dataclasses inside it.

    To pydantic both are numbers; no formula of ours gives them, but hands can type them.
    """
    setattr(kind, "__pydantic_config__", _CONFIG)  # noqa: B010
    for hint in get_type_hints(kind).values():
        for inner in _types_in(hint):
            if is_dataclass(inner):
                refuse_nan(inner)


def _types_in(hint: Any) -> Iterator[type]:  # noqa: ANN401
    if isinstance(hint, type):
        yield hint
    for argument in get_args(hint):
        yield from _types_in(argument)

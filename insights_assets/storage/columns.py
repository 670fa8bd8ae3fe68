"""How the columns of datasets are checked on their way back: derived from the registered types."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter

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
    return TypeAdapter(Annotated[union, AfterValidator(_whole)])


def _whole(data: DatasetData) -> DatasetData:
    """Refuse what hands can make of columns: one shorter than the others, or nothing in any.

    Only a dataset itself can be without rows, and only if it tells its day nevertheless.
    """
    for part in _parts_of(data):
        columns = [getattr(part, field.name) for field in fields(part)]
        lengths = {len(column) for column in columns if isinstance(column, tuple)}
        if len(lengths) > 1 or (lengths == {0} and part is not data):
            raise ValueError(f"the columns of {type(part).__name__} are empty or differ in length")
    try:
        _ = data.newest
    except IndexError:
        raise ValueError("there is no row") from None
    return data


def _parts_of(value: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the dataclasses of which a dataset is made, itself first."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _parts_of(inner)
    elif is_dataclass(value):
        yield value
        for field in fields(value):
            yield from _parts_of(getattr(value, field.name))


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

"""Dataclasses whose methods are written at their first call: a run calls few of those it imports."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool = False, eq: bool = True, **more: bool) -> Callable[[type], type]:
        """`dataclasses.dataclass`. ``frozen`` gives a hash and is held by the type checker alone: at run time the
        guard trebles the price of making one.
        """

        def decorate(cls: type) -> type:
            cls.__doc__ = cls.__doc__ or cls.__name__  # else the library writes one from the signature
            own = frozenset(vars(cls))
            made = dataclasses.dataclass(init=False, repr=False, eq=False, **more)(cls)
            if eq and not frozen and not own & {"__eq__", "__hash__"}:
                made.__hash__ = None
            for name, wanted in METHODS.items():
                if name not in own and all({"eq": eq, "unsafe_hash": frozen}.get(one, True) for one in wanted):
                    setattr(made, name, _written_at_first_call(made, name, wanted))
            return made

        return decorate


METHODS = {"__init__": {"init"}, "__repr__": {"repr"}, "__eq__": {"eq"}, "__hash__": {"eq", "unsafe_hash"}}
"""The methods that `dataclasses.dataclass` writes, and its parameters that ask for each."""


def _written_at_first_call(owner: type, name: str, parameters: set[str]) -> Callable[..., Any]:
    """A method that writes the one of that name, puts it in its own place, and calls it."""

    def first(self: object, *values: object, **named: object) -> Any:
        written = getattr(_alike(owner, parameters), name)
        written.__qualname__ = f"{owner.__qualname__}.{name}"
        setattr(owner, name, written)
        return written(self, *values, **named)

    return first


def _alike(owner: type, parameters: set[str]) -> type:
    """A class of equal fields with the methods asked for, which take any object that has the fields as ``self``."""
    fields = [
        (
            one.name,
            object,
            dataclasses.field(
                default=one.default,
                default_factory=one.default_factory,
                init=one.init,
                repr=one.repr,
                hash=one.hash,
                compare=one.compare,
                kw_only=one.kw_only,
            ),
        )
        for one in dataclasses.fields(owner)
    ]
    namespace: dict[str, object] = {"__doc__": owner.__name__}
    if hasattr(owner, "__post_init__"):
        namespace["__post_init__"] = None  # is called of ``self``
    chosen = {one: one in parameters for one in ("init", "repr", "eq", "unsafe_hash")}
    return dataclasses.make_dataclass(owner.__name__, fields, namespace=namespace, match_args=False, **chosen)  # type: ignore[arg-type]

"""The catalogue: a module a family, each with FAULTS and NEAR_MISSES."""

from __future__ import annotations

import importlib
import pkgutil

from injection import Fault

_MODULES = {item.name: importlib.import_module(f"faults.{item.name}") for item in pkgutil.iter_modules(__path__)}

FAMILIES: dict[str, tuple[Fault, ...]] = {
    name: (*module.FAULTS, *module.NEAR_MISSES) for name, module in sorted(_MODULES.items())
}
FAULTS: tuple[Fault, ...] = tuple(item for _, module in sorted(_MODULES.items()) for item in module.FAULTS)
NEAR_MISSES: tuple[Fault, ...] = tuple(item for _, module in sorted(_MODULES.items()) for item in module.NEAR_MISSES)

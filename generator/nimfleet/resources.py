"""Where the data that ships with nimfleet lies: in the wheel under ``_data``, in a checkout at the top level."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def schemas_root() -> Path:
    """Folder of the converted schemas (``<release>/<version>/<group>/<kind>_<version>.json`` below it)."""
    packaged = _PACKAGE / "_data" / "schemas"
    return packaged if packaged.is_dir() else _CHECKOUT / "schemas"


def template_root() -> Path:
    """Folder that holds ``copier.yml`` and ``template/``."""
    packaged = _PACKAGE / "_data" / "project"
    return packaged if packaged.is_dir() else _CHECKOUT

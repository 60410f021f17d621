"""What is asked of a cluster beyond that it works, by profile: minimal, standard, production.

Each includes the one before. A rule says on its page from which profile on it asks.
"""

from __future__ import annotations

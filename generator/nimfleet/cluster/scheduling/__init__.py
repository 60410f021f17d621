"""Where pods can run: requirement algebra, instance types, fit, the reasons against, and what nodes cost."""

"""One rule a module, grouped by family."""

"""Plan to objects to files, one module a component."""

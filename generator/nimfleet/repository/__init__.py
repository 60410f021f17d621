"""What is on disk, seen as Flux sees it."""

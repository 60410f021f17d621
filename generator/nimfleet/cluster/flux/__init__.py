"""What Flux would do, in which order, and what it would wait for for ever."""

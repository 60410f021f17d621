"""What a cluster would hold: objects as Flux would apply them, the pods that they make, and where those can run."""

"""References among the objects of a cluster: which there are, what exists, and which lead nowhere."""

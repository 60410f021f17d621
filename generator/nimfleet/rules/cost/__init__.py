"""What the nodes cost, and whether that is what was agreed on."""

"""Where models are kept: storage classes, claims, who mounts them, how large models are and how long they take to start."""

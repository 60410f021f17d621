"""Facts as data: models, GPU profiles, instance types, prices, charts."""

"""The pods that objects make: one :class:`~nimfleet.cluster.pods.model.PodSet` for each shape of pods."""

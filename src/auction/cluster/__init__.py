"""More than one machine: the values of a fleet stay on workers, prices and sums travel."""

from auction.cluster.cluster import Cluster
from auction.cluster.crew import Traffic

__all__ = ["Cluster", "Traffic"]

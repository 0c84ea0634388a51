"""Counters that other parts keep, as Prometheus metrics: one sample for each thing counted.

The names of what is counted are ours, never a sender's.
"""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

Name = TypeVar("Name", bound=str)


class Counts(Collector, Generic[Name]):
    """A mapping of names to counts, read whenever the metrics are asked for."""

    def __init__(self, name: str, help_text: str, label: str, counted: Mapping[Name, int]) -> None:
        self._name = name
        self._help = help_text
        self._label = label
        self._counted = counted

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The counts as they are now."""
        family = CounterMetricFamily(self._name, self._help, labels=(self._label,))
        for counted, count in list(self._counted.items()):
            family.add_metric((counted,), count)
        yield family

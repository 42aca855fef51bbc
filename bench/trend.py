"""Whether something grows: samples over time, and the line that fits them best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import linear_regression, median

WARM: float = 1 / 3  # of the time, which is not judged: caches fill, pools open


@dataclass(frozen=True, slots=True)
class Trend:
    """Of a series: its middle, its highest, and how much the fitted line rises from the end of its warm part."""

    middle: float
    most: float
    rise: float


def trend(seconds: Sequence[float], values: Sequence[float]) -> Trend:
    """The trend of at least three samples that were taken at these moments."""
    start = seconds[0] + (seconds[-1] - seconds[0]) * WARM
    warm = [(at, value) for at, value in zip(seconds, values, strict=True) if at >= start]
    slope = linear_regression(*zip(*warm, strict=True)).slope
    return Trend(
        middle=median(value for _, value in warm),
        most=max(values),
        rise=slope * (seconds[-1] - start),
    )


def trends(seconds: Sequence[float], samples: Sequence[Mapping[str, float]]) -> dict[str, Trend]:
    """The trend of each name of the samples."""
    return {name: trend(seconds, [each[name] for each in samples]) for name in samples[0]}

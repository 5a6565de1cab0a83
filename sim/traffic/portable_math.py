"""Logarithm and exponential from the four IEEE 754 operations alone.

A seed must give the same packets on every machine. `+ - * /`, `frexp` and `ldexp` are exact or correctly
rounded everywhere; `np.log` and `np.exp` are not: their last bit depends on the vector unit they run on.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_LN2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476


def portable_log(values: Floats) -> Floats:
    """Return ln of each of `values` (finite, above 0), within a few units in the last place."""
    mantissa, exponent = np.frexp(values)
    low = mantissa < _SQRT_HALF
    mantissa = np.where(low, mantissa * 2.0, mantissa)
    # ln m = 2 artanh((m - 1) / (m + 1)); |ratio| < 0.172, so 12 terms reach double precision.
    ratio = (mantissa - 1.0) / (mantissa + 1.0)
    square = ratio * ratio
    series = np.full_like(square, 1.0 / 23.0)
    for odd in range(21, 0, -2):
        series = series * square + 1.0 / odd
    return (exponent - low) * _LN2 + 2.0 * ratio * series


def portable_exp(values: Floats) -> Floats:
    """Return e to each of `values` (-700..700), within a few units in the last place times |value|."""
    power = np.floor(values / _LN2 + 0.5)
    rest = values - power * _LN2
    # |rest| < 0.35: the Taylor series is below double precision after 16 terms.
    series = np.ones_like(rest)
    for term in range(16, 0, -1):
        series = series * rest / term + 1.0
    return np.ldexp(series, power.astype(np.int64))

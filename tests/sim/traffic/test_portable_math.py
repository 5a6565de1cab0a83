import math

import numpy as np

from sim.traffic.portable_math import portable_exp, portable_log


def test_logarithm_agrees_with_libm() -> None:
    values = np.concatenate([np.arange(1.0, 5_000.0), 2.0**-53 * np.arange(1.0, 100.0), np.linspace(0.001, 2.0, 999)])
    expected = np.array([math.log(value) for value in values.tolist()])
    np.testing.assert_allclose(portable_log(values), expected, rtol=1e-14, atol=1e-16)


def test_exponential_agrees_with_libm() -> None:
    values = np.linspace(-300.0, 10.0, 7_001)
    expected = np.array([math.exp(value) for value in values.tolist()])
    np.testing.assert_allclose(portable_exp(values), expected, rtol=1e-13)


def test_exact_points() -> None:
    assert portable_log(np.array([1.0])).tolist() == [0.0]
    assert portable_exp(np.array([0.0])).tolist() == [1.0]

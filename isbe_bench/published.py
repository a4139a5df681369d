"""The numbers that the paper prints (Skarbek 2024), to stand beside ours."""

from isbe_bench.losses import ISBE, MODES

TAU: dict[str, dict[str, float]] = {
    net: dict(zip(MODES, row, strict=True))
    for net, row in {
        "n0": (60.61, 59.56, 59.98, 58.31, 58.21, 57.38, 57.45, 59.07),
        "n1": (54.89, 53.92, 53.98, 52.68, 52.33, 51.75, 51.95, 52.11),
        "n1r": (54.45, 53.92, 54.00, 52.78, 52.30, 51.67, 51.73, 52.11),
    }.items()
}
"""Table 1: tau in percent, by net and loss mode, on MNIST."""

DELTA_TAU: dict[tuple[str, str], dict[str, float]] = {
    key: dict(zip(ISBE, row, strict=True))
    for key, row in {
        ("n0", "mean"): (-2.30, -2.40, -3.23, -3.16, -1.54),
        ("n0", "none"): (-1.25, -1.35, -2.18, -2.11, -0.50),
        ("n0", "sum"): (-1.67, -1.77, -2.60, -2.53, -0.92),
        ("n1", "mean"): (-2.21, -2.56, -3.14, -2.94, -2.79),
        ("n1", "none"): (-1.24, -1.59, -2.17, -1.97, -1.82),
        ("n1", "sum"): (-1.30, -1.65, -2.23, -2.03, -1.87),
    }.items()
}
"""Table 2: tau of ISBE minus tau of cross-entropy in points, by net, reduction and loss mode."""

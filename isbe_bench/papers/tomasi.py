"""Where Tomasi 2019, notes on training convolutional neural networks, contradicts itself."""

from isbe_bench.papers.slip import Slip

SLIPS = (
    Slip(
        "Algorithm 1 goes through the layers k = K, ..., 2.",
        "Equation (2) runs to k = 1: as printed, the first layer has no gradient (table oracle)",
    ),
    Slip(
        "This section proves convexity of the resulting risk function (Section 2.1).",
        "no proof is there; the risk of a network with a hidden layer is not convex in its weights",
    ),
    Slip("H(q) < 1 (Appendix A.2).", "the same sentence has H(1/2) = 1"),
    Slip(
        "H(y, p) is log p if y = 1, and log(1 - p) if y = 0 (Appendix A.4).",
        "both cases lack the minus sign of the formula before them",
    ),
)
"""Statements that the text's own formulas contradict."""

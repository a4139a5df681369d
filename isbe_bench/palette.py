"""One colour and one line for each loss mode, everywhere."""

# Okabe and Ito's colours, which people with any kind of colour vision tell apart; cross-entropy is
# dashed, ISBE solid, so that the two families part in black and white as well.
COLOURS = {
    "ce_mean": "#000000",
    "ce_none": "#E69F00",
    "ce_sum": "#999999",
    "isbe_hardsigmoid": "#56B4E9",
    "isbe_hardtanh": "#D55E00",
    "isbe_sigmoid": "#0072B2",
    "isbe_softmax": "#009E73",
    "isbe_tanh": "#CC79A7",
}


def line_style(mode: str) -> str:
    """Matplotlib's line style for a mode."""
    return "--" if mode.startswith("ce_") else "-"

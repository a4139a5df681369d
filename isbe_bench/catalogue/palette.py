"""One colour and one line style for each loss mode, everywhere."""

# Okabe and Ito's colours, which people with any kind of colour vision tell apart; the last two, of the
# modes beyond the paper's eight, are chosen to stay as far from all others under each kind.
COLOURS = {
    "ce_mean": "#000000",
    "ce_none": "#E69F00",
    "ce_sum": "#999999",
    "isbe_hardsigmoid": "#56B4E9",
    "isbe_hardtanh": "#D55E00",
    "isbe_sigmoid": "#0072B2",
    "isbe_softmax": "#009E73",
    "isbe_tanh": "#CC79A7",
    "isbe_dilated_softmax": "#332288",
    "isbe_normalize": "#7F4F24",
}

# ISBE is solid and cross-entropy broken, so that the two part in black and white as well, and one of
# cross-entropy lets another, or ISBE, be seen beneath it.
LINES = dict.fromkeys(COLOURS, "-") | {"ce_mean": "-.", "ce_none": "--", "ce_sum": ":"}
"""Matplotlib's line styles."""

WAYS = {
    "ce_mean": COLOURS["ce_mean"],
    "ce_none": COLOURS["ce_none"],
    "ce_sum": COLOURS["ce_sum"],
    "ce_compiled": "#882255",
    "ce_liger": "#F0E442",
    "isbe_direct": COLOURS["isbe_softmax"],
    "isbe_inplace": "#0072B2",
    "isbe_function": "#D55E00",
    "isbe_onehot": "#CC79A7",
}
"""One colour for each way of `task=head`."""

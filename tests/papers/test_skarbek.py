"""The paper's tables as data: copied right, and checked against themselves."""

from isbe_bench.catalogue.losses import ISBE, MODES
from isbe_bench.papers import skarbek


def test_the_tables_are_the_papers() -> None:
    assert skarbek.TAU["n1r"]["isbe_sigmoid"] == 51.67
    assert skarbek.TAU["n0"]["ce_mean"] == 60.61
    assert skarbek.DELTA_TAU["n1", "ce_sum"]["isbe_tanh"] == -1.87
    assert skarbek.ALPHA["n1r"]["isbe_sigmoid"] == 99.69
    assert skarbek.ALPHA["n0"]["ce_none"] == 99.41
    assert skarbek.DELTA_ALPHA["n0", "ce_none"]["isbe_sigmoid"] == 0.15
    assert skarbek.DELTA_ALPHA["n1", "ce_mean"]["isbe_hardtanh"] == 0.05
    for table in (skarbek.TAU, skarbek.ALPHA):
        assert tuple(table) == ("n0", "n1", "n1r")
        assert all(tuple(row) == MODES for row in table.values())
    for differences in (skarbek.DELTA_TAU, skarbek.DELTA_ALPHA):
        assert len(differences) == 6
        assert all(tuple(row) == ISBE for row in differences.values())


def test_the_cells_that_do_not_follow_from_the_papers_other_tables() -> None:
    found = {(each.table, each.net, each.ce, each.mode): each for each in skarbek.disagreements()}
    assert set(found) == {(4, "n0", "none", "isbe_tanh"), (4, "n0", "sum", "isbe_hardsigmoid")}
    tanh = found[4, "n0", "none", "isbe_tanh"]
    assert (tanh.printed, tanh.recomputed) == (0.0, 0.04)  # 99.45 - 99.41


def test_rounding_is_no_disagreement_in_table_2() -> None:
    """N0, mean, softmax: 57.45 - 60.61 = -3.16; tanh: 59.07 - 60.61 = -1.54; none of them beyond 0.01."""
    assert all(each.table == 4 for each in skarbek.disagreements())


def test_statements_of_the_text_that_the_tables_contradict() -> None:
    slips = {slip.statement: slip.numbers for slip in skarbek.slips()}
    assert len(slips) == 9
    (largest,) = (numbers for statement, numbers in slips.items() if "largest difference" in statement)
    assert "+0.15 is of isbe_sigmoid (n0, none)" in largest
    (smallest,) = (numbers for statement, numbers in slips.items() if "smallest for tanh" in statement)
    assert "isbe_tanh -0.50, isbe_hardsigmoid -1.25, isbe_hardtanh -1.35" in smallest

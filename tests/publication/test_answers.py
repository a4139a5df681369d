"""The sentences of the report's first screen."""

from isbe_bench.publication.claim import Basis, Claim, Finding
from isbe_bench.publication.claims.judging import judge
from isbe_bench.publication.report import answers

BASIS = Basis("2 runs", [])


def judged(activation: str, *findings: Finding) -> Claim:
    return judge("not_below", findings, BASIS, activation=activation)


def test_claims_that_differ_in_a_word_share_a_sentence() -> None:
    n0, n1 = Finding("n0", "holds", "+0.1 points"), Finding("n1", "holds", "+0.2 points")
    claims = [judged("sigmoid", n0, n1), judged("tanh", Finding("n0", "holds", "-0.1 points"))]
    (answer,) = answers.of_claims(claims)
    assert (
        answer.sentence
        == "Yes, with sigmoid or tanh: a network is at least as accurate as under cross-entropy"
    )
    assert answer.evidence == "n0: sigmoid +0.1 points, tanh -0.1 points; sigmoid: the same with n1"
    assert answer.anchor == "skarbek-sigmoid-accuracy-not-below-cross-entropy"


def test_what_decides_is_the_evidence_and_what_lacks_is_told() -> None:
    undecided = Finding("n0", "undecided", "-0.1 points", "13 more seeds would decide")
    claims = [
        judged("sigmoid", undecided, Finding("n1", "does not hold", "-1 point")),
        judged("tanh", undecided),
    ]
    lower, open_yet = answers.of_claims(claims)
    assert lower.sentence == "No, not with sigmoid: a network is less accurate than under cross-entropy"
    assert lower.evidence == "n1: -1 point; undecided with n0"
    assert open_yet.evidence == "n0: -0.1 points (13 more seeds would decide)"


def test_the_answer_to_the_title_stands_first() -> None:
    finding = [Finding("n0", "does not hold", "0 points")]
    found = answers.of_claims([judge("total_falls", finding, BASIS), judged("tanh", *finding)])
    assert [answer.sentence.split()[0] for answer in found] == ["No,", "Forward"]


def test_claims_that_are_no_answers_are_left_out() -> None:
    assert not answers.of_claims([judge("gradient", [Finding("n0", "holds", "0")], BASIS)])

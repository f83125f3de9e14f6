"""What docs/reproducibility.md promises about the numbers of a prediction, on the shipped model and corpus.

Nothing here depends on the kind of CPU, the number of cores or the load: what is promised exactly is compared exactly,
everything else within a tolerance.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
import torch

from relknit.checkpoint import load_model, save_model
from relknit.data.corpus import load_corpus
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from relknit.extractor import find_model
from relknit.predict import predict
from relknit.runtime import Runtime

pytestmark = [pytest.mark.numeric, pytest.mark.usefixtures("one_thread")]

CLOSE = 1e-5  # how far apart two ways of computing the same probability may be
UNIT = 1e-4  # of the last digit that is printed


@pytest.fixture(scope="module")
def saved():
    return load_model(find_model("webnlg"))


@pytest.fixture(scope="module")
def documents():
    """Sentences of the corpus, and longer texts made of them."""
    draw = random.Random(0)
    sentences = [sentence for split in ("train", "dev", "test") for sentence in load_corpus(split)]
    texts = [[token for part in draw.sample(sentences, 3) for token in part.tokens] for _ in range(120)]
    made = [Document(f"made {k}", tuple(tokens)) for k, tokens in enumerate(texts)]
    return [Document(d.id, d.tokens, text=d.text, offsets=d.offsets) for d in sentences] + made


@pytest.fixture(scope="module")
def found(saved, documents):
    return predictions(saved, documents)


def predictions(saved, documents, **options):
    return predict(saved.model, documents, max_tokens=saved.trained_on.max_tokens, runtime=Runtime(**options))


def alone(saved, documents):
    return [predictions(saved, [document])[0] for document in documents]


def reversed_order(saved, documents):
    return predictions(saved, documents[::-1])[::-1]


def small_budget(saved, documents):
    return predictions(saved, documents, memory_budget=60_000_000)


OTHER_BATCHES = [alone, reversed_order, small_budget]


def confidences(prediction):
    """Every number of a prediction, by what it belongs to."""
    numbers = {("entity", e.token_start, e.token_end, e.type): e.confidence for e in prediction.entities}
    numbers |= {("relation", r.head, r.type, r.tail): r.confidence for r in prediction.relations}
    return numbers | {("anchor", a.head, a.type, a.tail): a.confidence for a in prediction.anchors or ()}


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_equal_batches_give_equal_bits_with_any_number_of_threads(saved, documents, found, threads):
    assert predictions(saved, documents, threads=threads) == found


def test_equal_batches_give_equal_bits_whatever_the_thread_setting_of_the_caller(saved, documents, found):
    torch.set_num_threads(2)
    assert predictions(saved, documents) == found


def test_equal_batches_give_equal_bits_under_a_budget_with_any_number_of_threads(saved, documents):
    one, two = (predictions(saved, documents[:60], memory_budget=90_000_000, threads=threads) for threads in (1, 2))
    assert one == two


def test_a_saved_model_gives_equal_bits_when_it_is_loaded(saved, documents, found, tmp_path):
    save_model(tmp_path, saved)
    assert predictions(load_model(tmp_path), documents) == found


@pytest.mark.parametrize("other", OTHER_BATCHES)
def test_other_batches_change_no_triple_and_printed_digits_in_less_than_one_of_a_thousand(
    saved, documents, found, other
):
    pairs = [(confidences(one), confidences(two)) for one, two in zip(found, other(saved, documents), strict=True)]
    assert all(one.keys() == two.keys() for one, two in pairs)
    both = [(one[key], two[key]) for one, two in pairs for key in one]
    differences = [abs(a - b) for a, b in both]
    assert len(both) > 1000
    assert max(differences) < CLOSE
    # two numbers are printed differently if a border of rounding lies between them; how often that is on average:
    assert sum(differences) / len(both) / UNIT < 1 / 1000
    printed = Counter(round(abs(round(a, 4) - round(b, 4)) / UNIT) for a, b in both)
    assert set(printed) <= {0, 1}
    assert printed[1] < len(both) / 100  # generous: the few of one corpus may be more than on average


@pytest.mark.parametrize("other", OTHER_BATCHES)
def test_triples_differ_only_where_a_probability_is_at_a_threshold(saved, documents, other):
    some, decoding = documents[:40], saved.model.decoding
    try:
        saved.model.decoding = replace(decoding, threshold=0.05)
        low = sorted(a.confidence for prediction in predictions(saved, some) for a in prediction.anchors)
        for cut in low[:: len(low) // 6]:  # thresholds at which some pair is exactly
            saved.model.decoding = replace(decoding, threshold=cut)
            for one, two in zip(predictions(saved, some), other(saved, some), strict=True):
                one, two = confidences(one), confidences(two)
                single = [(one | two)[key] for key in one.keys() ^ two.keys() if key[0] == "anchor"]
                assert all(abs(confidence - cut) < CLOSE for confidence in single)
    finally:
        saved.model.decoding = decoding


def test_the_confidence_of_a_pair_does_not_depend_on_the_threshold_that_selects_it(saved, documents, found):
    decoding = saved.model.decoding
    try:
        saved.model.decoding = replace(decoding, threshold=0.95)
        for few, all_ in zip(predictions(saved, documents), found, strict=True):
            assert [a for a in all_.anchors if a.confidence >= 0.95] == list(few.anchors)
    finally:
        saved.model.decoding = decoding


def on_a_cpu_with(capability, data, out):
    """The records that a process predicts with this instruction set, and with two OpenMP threads."""
    command = [sys.executable, "-m", "relknit", "predict", str(data), "--model", "webnlg", "--out", str(out)]
    environment = os.environ | {"OMP_NUM_THREADS": "2"} | ({"ATEN_CPU_CAPABILITY": capability} if capability else {})
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_another_kind_of_cpu_finds_the_same_and_prints_confidences_at_most_one_unit_apart(tmp_path, documents):
    write_jsonl(tmp_path / "data.jsonl", documents[:60])
    here, plain = (
        on_a_cpu_with(capability, tmp_path / "data.jsonl", tmp_path / f"{capability}.jsonl")
        for capability in (None, "default")
    )
    for one, other in zip(here, plain, strict=True):
        for kind in ("entities", "relations"):
            for a, b in zip(one[kind], other[kind], strict=True):
                assert round(abs(a.pop("confidence") - b.pop("confidence")) / UNIT) <= 1
                assert a == b

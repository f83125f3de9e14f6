"""The plumbing runs on a substitute for the authors' repository: the same names, in code of our own.

The real clone is used only where RELKNIT_AUTHORS_REPO names one.
"""

import json
import os
import pickle
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import authors_check
import authors_report
import authors_scorer
import compare_authors
from authors_data import NEEDED, check_clone, record
from authors_model import Authors, batches, build_ours, parameter_pairs
from authors_patch import authors_code, on_cpu
from processes import Turns
from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation, anchor_triples
from relknit.document.jsonl import write_jsonl
from relknit.errors import RelknitError
from relknit.tags import spans_to_tags
from sentences import tiled

MODEL = """
import torch
from torch import nn
class JointClassifier(nn.Module):
    def __init__(self, args):
        super().__init__()
        labels, tags, d = len(args.dicts["label"]), len(args.dicts["bio"]), 2 * args.rnn_hidden
        self.rounds = args.rounds
        self.emb = nn.Embedding(args.token_vocab_size, args.emb_dim)
        self.pos_emb = nn.Embedding(args.pos_vocab_size, args.pos_dim)
        self.input_dropout = nn.Dropout(args.input_dropout)
        self.encoder = nn.ModuleDict({"rnn": nn.LSTM(args.emb_dim + args.pos_dim, args.rnn_hidden, bidirectional=True)})
        self.GRUg, self.GRUr = nn.GRUCell(tags, d), nn.GRUCell(labels, d)
        self.Lr, self.Cr, self.Cg = nn.Linear(2 * d, d), nn.Linear(d, labels), nn.Linear(d, tags)
    def pairs(self, h):
        n = len(h)
        both = torch.cat([h.repeat_interleave(n, 0), h.repeat(n, 1)], 1)
        return torch.sigmoid(self.Cr(torch.relu(self.Lr(both)))).view(n, n, -1)
    def one(self, words, pos):
        x = self.input_dropout(torch.cat([self.emb(words), self.pos_emb(pos)], 1))
        h = e = r = self.encoder["rnn"](x)[0]
        for _ in range(self.rounds):
            e, r = self.GRUg(self.Cg(e).softmax(1), h), self.GRUr(self.pairs(r).amax(1), h)
            h = h + e + r
        return self.Cg(e), self.pairs(r)
    def forward(self, sentences):
        return [self.one(words, pos) for words, pos in sentences]
"""
LOADER = """
import torch
from utils.helper import read_json
def sort_all(columns, lengths):
    order = sorted(range(len(lengths)), key=lambda k: -lengths[k])
    return [[column[k] for k in order] for column in columns], order
class DataLoader:
    def __init__(self, path, batch_size, args, dicts, evaluation=False):
        self.rows, self.size, self.dicts = read_json(path), batch_size, dicts
        print("ready", path)
    def __len__(self):
        return -(-len(self.rows) // self.size)
    def __getitem__(self, number):
        rows = self.rows[number * self.size : (number + 1) * self.size]
        (rows,), _ = sort_all([rows], [len(row["sentText"]) for row in rows])
        n = max(len(row["sentText"]) for row in rows)
        pairs = torch.zeros(len(rows), n, n, len(self.dicts["label"]))
        tags = torch.zeros(len(rows), n, dtype=torch.int64)
        inputs = []
        for k, row in enumerate(rows):
            words = row["sentText"]
            for fact in row["relationMentions"]:
                place = [words.index(fact[end][0]) for end in ("em1Text", "em2Text")]
                pairs[k, place[0], place[1], self.dicts["label"][fact["label"]]] = 1
            for name in row["en_list"]:
                letters = "S" if len(name) == 1 else "B" + "I" * (len(name) - 2) + "E"
                for word, letter in zip(name, letters):
                    tags[k, words.index(word)] = self.dicts["bio"][letter]
            numbers = [[self.dicts[key].get(x, 1) for x in row[name]] for key, name in (("token", "sentText"), ("pos", "pos"))]
            inputs.append([torch.tensor(column) for column in numbers])
        return inputs, pairs, tags
"""
TRAINER = """
import torch
from torch import nn
from Joint_model import JointClassifier
class MyTrainer:
    def __init__(self, args):
        self.args, self.model = args, JointClassifier(args).cuda()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=args.lr)
    def losses(self, batch):
        inputs, pairs, tags = batch
        relation = entity = 0
        for k, (tag, pair) in enumerate(self.model([[column.cuda() for column in row] for row in inputs])):
            n = len(tag)
            relation = relation + nn.functional.binary_cross_entropy(pair, pairs[k, :n, :n], reduction="sum")
            entity = entity + nn.functional.cross_entropy(tag, tags[k, :n], reduction="sum")
        return relation / len(inputs), entity / len(inputs)
    def update(self, batch):
        self.model.train()
        self.optimizer.zero_grad()
        parts = self.losses(batch)
        sum(parts).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.args.max_grad_norm)
        self.optimizer.step()
        return [float(part.detach()) for part in parts]
    def predict(self, batch):
        self.model.eval()
        with torch.no_grad():
            return [float(part) for part in self.losses(batch)]
"""
HELPER = "import json\ndef read_json(path):\n    return [json.loads(line) for line in open(path)]\n"
SCORER = """
def whole(gold, predicted):
    found, start = set(), 0
    for i, tag in enumerate(gold):
        start = i if tag in (1, 4) else start
        if tag in (3, 4) and gold[start : i + 1] == predicted[start : i + 1]:
            found.add(i)
    return found
def sta(gold_pairs, gold_tags, pairs, tags, exact):
    gold, predicted = (set(map(tuple, grid.nonzero().tolist())) for grid in (gold_pairs, pairs.cuda() >= 0.5))
    correct = gold & predicted
    if exact:
        ends = [whole(a, b) for a, b in zip(gold_tags.tolist(), tags.argmax(2).tolist())]
        correct = {(k, i, j, t) for k, i, j, t in correct if i != j and {i, j} <= ends[k]}
    return float(len(gold)), float(len(predicted)), float(len(correct))
"""
FILES = dict(zip(NEEDED, (MODEL, LOADER, TRAINER, HELPER, SCORER), strict=True))


def write_clone(folder, **changed):
    """changed: file name with "_" for "/" and without ".py" -> other text, None to leave it out."""
    (folder / "utils").mkdir(parents=True)
    for name, text in FILES.items():
        text = changed.get(name.removesuffix(".py").replace("/", "_"), text)
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare_authors")
    write_clone(folder / "clone")
    write_jsonl(folder / "tiny.jsonl", tiled(9, num_relations=5))
    return folder


@pytest.fixture(scope="module")
def settings(folder):
    data = str(folder / "tiny.jsonl")
    sizes = {"batch_size": 4, "rounds": 2, "steps": 1, "threads": 1}
    return {"data": data, "scorer_data": data, "impl": "authors", "task": "check", **sizes}


@pytest.fixture
def torch_as_before():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.fixture
def code(folder, torch_as_before):
    with authors_code(folder / "clone") as code:
        yield code


class TestClone:
    def test_a_folder_with_all_that_is_needed_is_given_back_absolute(self, folder, monkeypatch):
        monkeypatch.chdir(folder)
        assert check_clone("clone") == (folder / "clone").resolve()

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"trainer": None}, "no trainer.py there; give a clone of github.com/BDBC-KG-NLP/RIN_EMNLP2020"),
            ({"loader": "class Loader: pass"}, "loader.py defines no DataLoader; give a clone of github.com/BDBC"),
            ({"utils_scorer": "sta = None"}, "utils/scorer.py defines no sta"),
            ({"trainer": "print 'two'"}, "trainer.py is not Python"),
        ],
    )
    def test_what_is_missing_is_named_with_the_repository_that_has_it(self, tmp_path, changed, message):
        write_clone(tmp_path / "other", **changed)
        with pytest.raises(RelknitError) as error:
            check_clone(tmp_path / "other")
        assert message in str(error.value)
        assert "\n" not in str(error.value)


class TestPatch:
    def test_cuda_gives_back_what_it_was_called_on(self):
        tensor, model = torch.ones(2), torch.nn.Linear(1, 1)
        with on_cpu():
            assert tensor.cuda() is tensor
            assert model.cuda(device=3) is model

    def test_a_pickle_is_refused(self):
        with on_cpu(), pytest.raises(RelknitError, match="pickle"):
            pickle.loads(b"")  # noqa: S301

    def test_everything_is_as_before_afterwards_also_after_an_error(self):
        before = (torch.Tensor.cuda, torch.nn.Module.cuda, pickle.load, pickle.loads, set(vars(torch.Tensor)))
        with pytest.raises(KeyError), on_cpu():
            assert torch.nn.Module.cuda is not before[1]
            raise KeyError
        assert (torch.Tensor.cuda, torch.nn.Module.cuda, pickle.load, pickle.loads, set(vars(torch.Tensor))) == before

    def test_modules_and_path_are_as_before_and_nothing_is_left_in_the_clone(self, folder, monkeypatch):
        mine, path = ModuleType("utils"), list(sys.path)
        monkeypatch.setitem(sys.modules, "utils", mine)
        with authors_code(folder / "clone") as code:
            assert sys.modules["utils"] is not mine
            assert Path(code.scorer.__file__) == folder / "clone" / "utils" / "scorer.py"
        assert sys.modules["utils"] is mine
        assert not {"loader", "trainer", "Joint_model", "utils.helper", "utils.scorer"} & set(sys.modules)
        assert sys.path == path
        assert not list((folder / "clone").rglob("__pycache__"))

    def test_a_package_that_hides_one_of_the_clone_is_named(self, folder, tmp_path, monkeypatch):
        (tmp_path / "utils").mkdir()
        for name in ("__init__.py", "helper.py", "scorer.py"):
            (tmp_path / "utils" / name).write_text("read_json = None\n", encoding="ascii")
        monkeypatch.syspath_prepend(tmp_path)
        with (
            pytest.raises(RelknitError, match=r"utils\.scorer came from .*; remove the former"),
            authors_code(folder / "clone"),
        ):
            pass
        assert "utils" not in sys.modules


class TestRecords:
    @given(st.integers(min_value=0, max_value=10**6))
    def test_looking_for_first_mentions_finds_the_ones_that_are_meant(self, seed):
        for document in authors_scorer.made_up(3, random.Random(seed)):
            line = record(document, "last")
            words = line["sentText"]
            ends = [(f["em1Text"][0], f["label"], f["em2Text"][0]) for f in line["relationMentions"]]
            found = {(words.index(head), label, words.index(tail)) for head, label, tail in ends}
            assert found == anchor_triples(document.prediction, "last")
            spans = [Entity(words.index(name[0]), words.index(name[-1]) + 1) for name in line["en_list"]]
            assert spans_to_tags(spans, len(document)) == spans_to_tags(document.entities, len(document))

    def test_of_nested_entities_the_one_that_tags_can_hold_is_given_and_types_are_not(self):
        entities = (Entity(0, 3, "Place"), Entity(2, 3, "Person"))
        line = record(Document("1", ("a", "b", "c"), entities, (Relation(1, 0, "in"),)), "last")
        assert line["en_list"] == [["0 a", "1 b", "2 c"]]
        assert line["relationMentions"] == [{"em1Text": ["2 c"], "em2Text": ["2 c"], "label": "in"}]


class TestScorer:
    @pytest.fixture
    def damaged(self):
        source = random.Random(3)
        documents = authors_scorer.made_up(60, source)
        return [authors_scorer.damaged(document, source, authors_scorer.RELATIONS) for document in documents]

    def test_damaged_gold_has_every_case(self, damaged):
        cases = authors_scorer.cases(damaged)
        assert cases.pop("sentences_with_nested_entities") == 0
        assert all(count > 5 for count in cases.values())
        assert cases["sentences_with_a_wrong_tag"] < cases["sentences"] == 60

    def test_counts_are_those_of_the_substitute_whatever_the_batch(self, damaged, code):
        ours = authors_scorer.ours(damaged)
        assert ours["partial"]["correct"] > ours["exact"]["correct"] > 20
        for size in (1, 7, 60):
            assert authors_scorer.theirs(code, damaged, batch_size=size) == ours

    def test_a_scorer_that_counts_otherwise_is_shown_with_its_counts(self, damaged, code, monkeypatch):
        scorer = code.scorer.sta
        monkeypatch.setattr(code.scorer, "sta", lambda *grids: scorer(*grids[:-1], False))
        found = authors_scorer.compare(code, damaged)
        assert found["partial"]["equal"]
        assert not found["exact"]["equal"]
        assert found["exact"]["authors"]["correct"] == found["partial"]["correct"] > found["exact"]["correct"]
        assert not authors_report.scorers_agree({"damaged gold": found})

    def test_untagged_entities_of_a_model_get_no_tag(self):
        entities = (Entity(0, 2, "Place"), Entity(2, 3, tagged=False))
        anchors = (AnchorTriple(1, "in", 2, 0.7),)
        scored = authors_scorer.predicted(Document("1", ("a", "b", "c")), Prediction(entities, (), anchors))
        assert scored == authors_scorer.Scored(Document("1", ("a", "b", "c")), ("B", "E", "O"), anchors)


class TestModel:
    def test_with_the_same_weights_loss_and_gradient_are_the_same(self, code, settings):
        found = authors_check.agreement(code, settings)
        assert found["loss_difference"] < 1e-5
        assert found["gradient_difference"] < 1e-4
        assert found["parameters"]["relknit"] == found["parameters"]["authors"] > 100_000

    def test_every_parameter_has_its_counterpart_with_the_same_values(self, code, settings):
        model = build_ours(settings)
        authors = Authors(code, settings, model, batches(settings))
        pairs = parameter_pairs(model, authors.trainer.model)
        assert len(pairs) == len(list(model.parameters()))
        assert all(torch.equal(ours, other) for ours, other in pairs)
        assert len(authors.loader) == settings["steps"] + 1

    def test_a_model_of_another_shape_is_refused(self, code, settings):
        model = build_ours(settings)
        other = Authors(code, settings, model, batches(settings)).trainer.model
        other.Cg = torch.nn.Linear(7, 5)
        with pytest.raises(ValueError, match="differ in shapes"):
            parameter_pairs(model, other)

    def test_batches_are_shuffled_alike_for_all_and_start_over_without_empty_sentences(self, settings, tmp_path):
        write_jsonl(tmp_path / "few.jsonl", [*tiled(3, num_relations=2), Document("empty", ())])
        few = {**settings, "data": str(tmp_path / "few.jsonl")}
        assert batches(few) == batches({**few, "impl": "chunked"})
        assert [document.id for part in batches(few) for document in part].count("tiled-0") >= 2
        assert all(len(document) for part in batches(few) for document in part)


class TestArguments:
    @pytest.mark.parametrize(
        ("argv", "message"),
        [
            ([], "the following arguments are required: --repo"),
            (["--repo", "x", "--impl", "authors,fast"], "--impl fast: expected names out of authors, naive, chunked"),
            (["--repo", "x", "--batch-size", "0"], "--batch-size 0: expected 1 or more"),
            (["--repo", "x", "--data", "nowhere.jsonl"], "--data nowhere.jsonl: no such file"),
            (["--repo", "x", "--scorer-data", "nowhere.jsonl"], "--scorer-data nowhere.jsonl: no such file"),
        ],
    )
    def test_a_wrong_value_is_named(self, argv, message, capsys):
        with pytest.raises(SystemExit) as exit_:
            compare_authors.arguments(argv)
        assert exit_.value.code == 2
        assert message in capsys.readouterr().err


SCORE = {"correct": 1234, "predicted": 1400, "gold": 1500, "equal": True}
ANSWERS = {
    ("authors", 1): [{"seconds": s, "seconds_without_loader": s - 1, "peak_mb": 9.0} for s in (99.0, 6.0, 6.0)],
    ("chunked", 1): [{"seconds": s, "peak_mb": 2.0} for s in (99.0, 0.5, 0.5)],
}


class TestReport:
    @pytest.fixture
    def found(self, monkeypatch, folder):
        scorer = {"damaged gold": {"partial": SCORE, "exact": SCORE, "cases": {}}}
        agreement = {"loss_difference": 1e-7, "gradient_difference": 2e-7}
        found = {"agreement": agreement, "scorer": scorer}
        monkeypatch.setattr(compare_authors, "check", lambda *_: found)
        monkeypatch.setattr(compare_authors, "measure", lambda *_: Turns(ANSWERS, {"tokens": 3}))
        return found

    def main(self, folder, *more):
        compare_authors.main(["--repo", str(folder / "clone"), "--threads", "1", "--steps", "2", *more])

    def test_the_warm_up_does_not_count_and_the_loader_is_told_apart(self, found, folder, capsys):
        self.main(folder, "--json", "-")
        report = json.loads(capsys.readouterr().out)
        assert report["impls"]["authors"]["seconds_p50"] == 6.0
        assert report["impls"]["authors"]["seconds_p50_without_loader"] == 5.0
        assert (report["ratio"], report["ratio_without_loader"]) == (12.0, 10.0)
        assert "ratio_forward" not in report["inference"]

    def test_another_count_is_reported_in_full_and_then_an_error(self, found, folder, capsys):
        theirs = {"correct": 1200, "predicted": 1400, "gold": 1500}
        found["scorer"]["damaged gold"]["exact"] = {**SCORE, "equal": False, "authors": theirs}
        with pytest.raises(RelknitError, match="counts otherwise"):
            self.main(folder)
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.endswith("gold 1500: DIFFERENT, the authors' scorer: correct 1200, predicted 1400, gold 1500")

    @pytest.mark.parametrize("gradient", [0.02, float("nan")])
    def test_a_model_that_computes_something_else_is_not_measured(self, folder, monkeypatch, gradient):
        answer = {"agreement": {"loss_difference": 0.0, "gradient_difference": gradient}, "scorer": {}}
        for name, result in {"__init__": None, "wait_ready": None, "close": None, "step": answer}.items():
            monkeypatch.setattr(compare_authors.Child, name, lambda *_, result=result: result)
        monkeypatch.setattr(compare_authors, "measure", lambda *_: pytest.fail("measured all the same"))
        with pytest.raises(RelknitError, match=r"gradient_difference is .*: these are not the same model"):
            self.main(folder)


@pytest.fixture(scope="module")
def run(folder, measured):
    sizes = ["--batch-size", 3, "--steps", 1, "--rounds", 1, "--repo", folder / "clone"]
    return measured("compare_authors.py", *sizes, sentences=9, data=("--data", "--scorer-data"))


class TestRun:
    def test_the_json_has_the_form_of_the_other_benchmarks(self, run):
        report, _ = run
        for part in (report, report["inference"]):
            authors, chunked = part["impls"].values()
            assert part["ratio"] == authors["seconds_p50"] / chunked["seconds_p50"]
        sizes = report["sizes"]
        assert (sizes["sentences"], sizes["batch_size"], sizes["rounds"], sizes["relations"]) == (9, 3, 1, 5)
        assert report["agreement"]["loss_difference"] < 1e-5

    def test_both_sources_of_the_scorer_agree(self, run):
        scorer = run[0]["scorer"]
        assert set(scorer) == {"shipped model", "damaged gold"}
        assert authors_report.scorers_agree(scorer)
        assert scorer["damaged gold"]["exact"]["correct"] > 100

    def test_each_task_and_implementation_has_a_row(self, run):
        _, rows = run
        expected = [(task, name) for task in ("train", "predict") for name in ("authors", "chunked")]
        assert [(row["task"], row["implementation"]) for row in rows] == expected
        assert [bool(row["seconds_p50_forward"]) for row in rows] == [False, False, True, False]
        assert {row["relations"] for row in rows} == {"5"}


@pytest.mark.skipif("RELKNIT_AUTHORS_REPO" not in os.environ, reason="needs a clone in RELKNIT_AUTHORS_REPO")
class TestRealClone:
    @pytest.fixture
    def theirs(self, torch_as_before):
        with authors_code(check_clone(os.environ["RELKNIT_AUTHORS_REPO"])) as code:
            yield code

    def test_their_scorer_counts_as_ours(self, theirs, settings):
        data = compare_authors.default_scorer_data()
        found = authors_check.scorer_check(theirs, {**settings, "scorer_data": data})
        assert authors_report.scorers_agree(found), found

    def test_their_model_learns_as_ours(self, theirs, settings):
        found = authors_check.agreement(theirs, settings)
        assert found["loss_difference"] < 1e-5
        assert found["gradient_difference"] < 1e-4

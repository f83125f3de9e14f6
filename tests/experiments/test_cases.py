import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl
from relknit.errors import ConfigError, DataError
from relknit.experiments import Settings, find_rows, run_rows
from relknit.experiments.cases import Where, answer, questions, read_cases
from relknit.experiments.cases.study import marked
from relknit.experiments.trials import make_trial
from relknit.metrics.facts import Mention
from tests.experiments.tiny_experiment import lay_out, unseen

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
PAPER = Settings("paper")
LEARNED = {"training.epochs": 40, "training.patience": 40}


@dataclass
class Place:
    """An experiment folder in which `toy_k1` has learned its test split in part and `toy_k0` next to nothing."""

    folder: Path
    out: Path

    def rows(self, *names):
        return [self.folder / f"toy_{name}.toml" for name in names]

    def ask(self, *names, settings=PAPER, seed=None, data=None, **options):
        """The one study about these rows."""
        (question,) = questions(self.rows(*names), data=data, **options)
        return answer(question, Where(settings, self.out, seed, data))

    @property
    def test_file(self):
        return self.folder.parent / "data" / "toy" / "test.jsonl"

    def run(self, name, settings=PAPER, seed=1):
        """The folder of a row's run."""
        return make_trial(find_rows(self.rows(name))[0], settings, seed, out=self.out).folder


@pytest.fixture(scope="module")
def learned_once(tmp_path_factory):
    root = tmp_path_factory.mktemp("cases")
    place = Place(lay_out(root), root / "runs")
    for path in place.rows("k0", "k1"):
        path.write_text(
            path.read_text()
            .replace("train.jsonl", "test.jsonl")
            .replace("dev.jsonl", "test.jsonl")
            .replace("[model]", "[model]\nrelation_bias = -3")
        )
    epochs = {"toy_k0": {"training.epochs": 2}, "toy_k1": LEARNED}
    (place.folder / "budgets.json").write_text(json.dumps({"paper": epochs}))
    outcomes = list(run_rows(find_rows(place.rows("k0", "k1")), PAPER, seeds=1, out=place.out, watch=unseen))
    assert [outcome.status for outcome in outcomes] == ["trained", "trained"]
    return place


@pytest.fixture
def learned(learned_once, tmp_path):
    """A copy that a test may change."""
    root = tmp_path / "copy"
    shutil.copytree(learned_once.folder.parent, root)
    return Place(root / "paper", root / "runs")


def ids(study):
    return [case.id for case in study.cases]


def strict(study, case, name):
    """The triples that a model found in a case."""
    return {finding.found for finding in case.found[name].triples if finding.found is not None}


def test_the_verdicts_over_all_sentences_are_the_counts_of_the_runs_own_evaluation(learned_once):
    every = [document.id for document in read_documents(learned_once.test_file).documents]
    study = learned_once.ask("k0", "k1", ids=every)
    for name in ("k0", "k1"):
        counts = json.loads((learned_once.run(name) / "evaluation.json").read_text())["counts"]
        for score, parts in (("strict", "triples"), ("entities", "entities")):
            verdicts = [f.kind for case in study.cases for f in getattr(case.found[name], parts)]
            assert verdicts.count("right") == counts[score]["correct"]
            assert len(verdicts) - verdicts.count("missed") == counts[score]["predicted"]
            assert len(verdicts) - verdicts.count("invented") == counts[score]["gold"]
    assert counts["entities"]["correct"] > 0  # else this would compare nothing with nothing


def test_the_sentences_in_which_rows_differ_most_come_first(learned_once):
    study = learned_once.ask("k0", "k1", limit=8)
    differing = [len(strict(study, case, "k0") ^ strict(study, case, "k1")) for case in study.cases]
    assert differing == sorted(differing, reverse=True)
    assert differing[0] > 0
    assert all(case.found["k0"] != case.found["k1"] for case in study.cases)


def test_the_choice_is_the_same_each_time_and_no_longer_than_the_limit(learned_once):
    two, again, whole = (learned_once.ask("k0", "k1", limit=limit) for limit in (2, 2, 8))
    assert two == again
    assert ids(two) == ids(whole)[:2]


def test_a_sentence_asked_for_alone_reads_as_among_all(learned_once):
    whole = learned_once.ask("k0", "k1", limit=8)
    alone = learned_once.ask("k0", "k1", ids=[whole.cases[-1].id])
    assert alone.cases == whole.cases[-1:]


def test_a_single_row_is_shown_where_it_differs_from_gold(learned_once):
    study = learned_once.ask("k1", limit=8)
    assert ids(study)
    for case in study.cases:
        assert {f.kind for f in (*case.found["k1"].triples, *case.found["k1"].entities)} != {"right"}


def test_rows_that_find_the_same_everywhere_have_no_sentence_to_show(learned):
    shutil.copytree(learned.folder, twin := learned.folder.parent / "twin")
    (question,) = questions([*learned.rows("k0"), twin / "toy_k0.toml"])
    shutil.copytree(learned.out / "paper", learned.out / "twin")
    study = answer(question, Where(PAPER, learned.out))
    assert [contender.name for contender in study.contenders] == ["paper/toy_k0", "twin/toy_k0"]
    assert study.cases == ()
    assert study.notes == ("there is no sentence in which they differ",)
    assert study.answered, "that they agree everywhere is an answer"


def test_a_case_has_its_words_and_all_that_is_gold(learned_once):
    documents = read_documents(learned_once.test_file).documents
    document = next(document for document in documents if len(document.relations) > 1)
    (case,) = learned_once.ask("k1", ids=[document.id]).cases
    assert case.tokens == document.tokens
    assert case.sentence.replace("[", "").replace("]", "") == " ".join(document.tokens)
    assert case.sentence.count("[") == case.sentence.count("]") == len(case.entities) == len(document.entities)
    assert len(case.triples) == len(document.relations)
    assert case.entities[0].type is not None


def test_a_study_is_json(learned_once):
    study = learned_once.ask("k0", "k1")
    again = json.loads(json.dumps(study.to_dict()))
    assert [case["id"] for case in again["cases"]] == ids(study)
    assert again["contenders"][1]["folder"] == str(learned_once.run("k1"))
    assert set(again["cases"][0]["found"]) == {"k0", "k1"}


def test_the_first_seed_done_is_taken_or_the_one_asked_for(learned):
    shutil.copytree(learned.run("k1"), later := learned.run("k1").with_name("paper-s2-" + learned.run("k1").name[-8:]))
    assert [learned.ask("k1").contenders[0].seed, learned.ask("k1", seed=2).contenders[0].seed] == [1, 2]
    (learned.run("k1") / "result.json").unlink()
    study = learned.ask("k1")
    assert (study.contenders[0].seed, study.contenders[0].folder) == (2, str(later))


def test_each_row_that_is_not_trained_says_why_and_the_others_are_shown(learned):
    learned.rows("k9")[0].write_text(learned.rows("k1")[0].read_text().replace("num_rounds = 1", "num_rounds = 3"))
    (learned.folder / "budgets.json").write_text(json.dumps({"paper": {"*": LEARNED}}))
    study = learned.ask("k1", "k9")
    assert [contender.note for contender in study.contenders] == ["", "not run: never started"]
    assert study.answered
    assert all(set(case.found) == {"k1"} for case in study.cases)


def test_a_run_that_failed_says_with_what(learned):
    (learned.run("k0") / "result.json").unlink()
    (learned.run("k0") / "failure.json").write_text('{"error": "the disk is full"}')
    assert learned.ask("k0").contenders[0].note == "not run: seed 1: the disk is full"


def test_runs_of_other_settings_and_seeds_are_named(learned_once):
    other = learned_once.ask("k1", settings=Settings())
    assert other.contenders[0].note == (
        f"not run: under budget short never started; runs of other settings: {learned_once.run('k1').name}"
    )
    assert not other.answered
    assert learned_once.ask("k1", seed=3).contenders[0].note == "not run: no seed 3, only 1"


def test_missing_data_is_the_reason_where_nothing_was_begun(learned_once):
    (question,) = questions([learned_once.folder / "absent_k1.toml"])
    study = answer(question, Where(Settings(), learned_once.out))
    assert study.contenders[0].note.startswith("not run: data missing: absent/train.jsonl")
    (note,) = study.notes
    assert note.startswith("not run: ")
    assert "absent/test.jsonl" in note


def test_sentences_asked_for_are_shown_with_gold_even_if_no_row_is_trained(learned_once):
    first = read_documents(learned_once.test_file).documents[0]
    study = learned_once.ask("k0", "k1", ids=[first.id], settings=Settings())
    assert ids(study) == [first.id]
    assert study.cases[0].found == {}
    assert not study.answered


def test_an_id_that_is_not_in_the_data_is_named(learned_once):
    first = read_documents(learned_once.test_file).documents[0].id
    study = learned_once.ask("k1", ids=["nosuch", first])
    assert ids(study) == [first]
    assert study.notes == (f"sentence: not in the data: no id 'nosuch' (the first is {first!r})",)


def test_an_id_that_stands_twice_is_shown_twice(learned_once, tmp_path):
    documents = read_documents(learned_once.test_file).documents
    write_jsonl(tmp_path / "twice.jsonl", [documents[0], documents[1], documents[0]])
    study = learned_once.ask("k1", ids=[documents[0].id], data=tmp_path / "twice.jsonl")
    assert ids(study) == [documents[0].id] * 2
    assert study.cases[0] == study.cases[1]


def test_a_damaged_model_is_named_and_the_others_are_shown(learned):
    (learned.run("k1") / "model.safetensors").write_bytes(b"no weights")
    study = learned.ask("k0", "k1", ids=[read_documents(learned.test_file).documents[0].id])
    assert study.contenders[1].note.startswith("cannot be used: ")
    assert [set(case.found) for case in study.cases] == [{"k0"}]


def test_a_test_split_that_is_not_the_runs_own_is_refused(learned):
    documents = read_documents(learned.test_file).documents
    write_jsonl(learned.test_file, documents[:3])
    assert "was trained with another" in learned.ask("k1").contenders[0].note
    assert learned.ask("k1", data=learned.test_file).answered


def test_rows_with_different_test_splits_are_not_compared_unasked(learned):
    path = learned.rows("k0")[0]
    path.write_text(path.read_text().replace('test = "../data/toy/test', 'test = "../data/toy/dev'))
    study = learned.ask("k0", "k1")
    assert "should have one test split" in study.notes[0]
    assert study.cases == ()


def test_rows_of_several_data_sets_are_one_question_with_data_and_several_without(learned_once):
    folder = learned_once.folder
    assert [(q.title, len(q.rows)) for q in questions([folder])] == [("absent", 1), ("toy", 2)]
    (question,) = questions([folder], data=learned_once.test_file)
    assert [row.name for row in question.rows] == ["absent_k1", "toy_k0", "toy_k1"]
    study = answer(question, Where(PAPER, learned_once.out, data=learned_once.test_file))
    assert [contender.name for contender in study.contenders] == ["absent_k1", "toy_k0", "toy_k1"]
    assert set(study.cases[0].found) == {"toy_k0", "toy_k1"}


def test_each_model_is_watched_under_its_name(learned_once):
    seen, steps = [], []

    @contextmanager
    def watch(name, total):
        seen.append((name, total))
        yield steps.append

    (question,) = questions(learned_once.rows("k0", "k1"))
    answer(question, Where(PAPER, learned_once.out), watch=watch)
    assert seen == [("k0", 8), ("k1", 8)]
    assert sum(steps) == 16


CASES = {"toy": {"rows": ["k1", "k7"], "sentences": {"Case 1": "a", "Case 2": "b"}}}


def test_a_folders_own_cases_name_rows_and_sentences_unless_told_otherwise(learned):
    (learned.folder / "cases.json").write_text(json.dumps(CASES))
    (question,) = questions([learned.folder])
    assert [row.name for row in question.rows] == ["toy_k1", "toy_k7"]
    assert question.sentences == (("Case 1", "a"), ("Case 2", "b"))
    for other in ({"ids": ["x"]}, {"limit": 3}, {"data": learned.test_file}):
        assert [row.name for question in questions([learned.folder], **other) for row in question.rows] == [
            "absent_k1",
            "toy_k0",
            "toy_k1",
        ]
    assert questions(learned.rows("k0"))[0].sentences is None


def test_cases_that_can_be_shown_carry_their_labels_and_the_others_a_reason(learned):
    first = read_documents(learned.test_file).documents[0].id
    CASE = {"toy": {"rows": ["k1", "k7"], "sentences": {"Case 1": first, "Case 2": "b"}}}
    (learned.folder / "cases.json").write_text(json.dumps(CASE))
    (question,) = questions([learned.folder])
    study = answer(question, Where(PAPER, learned.out))
    assert [(case.label, case.id) for case in study.cases] == [("Case 1", first)]
    assert study.notes[0].startswith("Case 2: not in the data: no id 'b'")
    assert study.contenders[1].note.startswith("not run: ")


@pytest.mark.parametrize(
    "damage",
    [
        "[]",
        "{",
        '{"toy": []}',
        '{"toy": {"rows": ["k1"]}}',
        '{"toy": {"rows": [1], "sentences": {"Case 1": "a"}}}',
        '{"toy": {"rows": [], "sentences": {"Case 1": "a"}}}',
        '{"toy": {"rows": ["k1"], "sentences": ["a"]}}',
        '{"toy": {"rows": ["k1"], "sentences": {"Case 1": 7}}}',
    ],
)
def test_damaged_cases_are_named(tmp_path, damage):
    (tmp_path / "cases.json").write_text(damage)
    with pytest.raises(DataError, match="cases.json"):
        read_cases(tmp_path)


def test_a_folder_without_cases_has_none(tmp_path):
    assert read_cases(tmp_path) == []


def test_bad_questions_are_refused(learned_once):
    with pytest.raises(ConfigError, match="--limit 0"):
        questions([learned_once.folder], limit=0)
    with pytest.raises(ConfigError, match="no such experiment"):
        questions([learned_once.folder / "nosuch"])
    (question,) = questions(learned_once.rows("k1"))
    with pytest.raises(ConfigError, match="knows short, paper"):
        answer(question, Where(Settings("long"), learned_once.out))
    with pytest.raises(ConfigError, match="expected auto, cpu or cuda"):
        answer(question, Where(PAPER, learned_once.out), device="tpu")


@pytest.mark.skipif(not EXPERIMENTS.is_dir(), reason="no experiments beside these tests")
@pytest.mark.parametrize("folder", ["arxiv2020", "emnlp2020"])
def test_the_papers_cases_name_rows_that_exist_and_sentences_by_nothing_but_their_ids(folder):
    asked = read_cases(EXPERIMENTS / folder)
    assert asked
    for question in asked:
        assert len(question.rows) > 1
        assert all(row.path.is_file() for row in question.rows)
        assert [label for label, _ in question.sentences] == ["Case 1", "Case 2"]
        assert all(" " not in identity for _, identity in question.sentences)


def test_entities_are_marked_in_the_sentence_and_nested_ones_inside_each_other():
    tokens = ("Ada", "King", "of", "New", "York", "met", "Bo", "in", "York", ".")
    mentions = [Mention("Ada King", 0, 2), Mention("York", 4, 5), Mention("New York", 3, 5)]
    assert marked(tokens, mentions) == "[Ada King] of [New [York]] met Bo in York ."
    assert marked(tokens, []) == " ".join(tokens)

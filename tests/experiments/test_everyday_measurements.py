"""The scripts of experiments/everyday that measure finished models, on toy texts."""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from relknit.checkpoint import save_model
from relknit.data.everyday import EverydayText
from relknit.document import Entity, Prediction, Relation
from relknit.document.jsonl import write_jsonl
from relknit.document.record import to_record
from relknit.text.read import read_text
from tests.resolving import GOLD, TEXT, resolving_model

EVERYDAY = Path(__file__).parents[2] / "experiments" / "everyday"
SCRIPTS = ("transfer", "documents", "cultures", "person_names", "knowledgenet")
MODULES = (*SCRIPTS, "measurement", "mapping", "sources")


@pytest.fixture(scope="module")
def scripts():
    sys.path.insert(0, str(EVERYDAY))
    before = {name: sys.modules.pop(name) for name in MODULES if name in sys.modules}
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in (*SCRIPTS, "measurement")})
    finally:
        sys.path.remove(str(EVERYDAY))
        for name in MODULES:
            sys.modules.pop(name, None)
        sys.modules.update(before)


@pytest.fixture
def run(scripts, tiny_model, monkeypatch, tmp_path):
    """Runs a script on data with a model that predicts (She, place of birth, Vienna) and what she refers to."""
    save_model(tmp_path / "toy", resolving_model(tiny_model, monkeypatch))
    monkeypatch.setattr(scripts.measurement, "single_threaded", lambda: None)

    def run_script(name, data):
        arguments = [name, str(data), str(tmp_path / "toy"), "--out", str(tmp_path / "results")]
        monkeypatch.setattr(sys, "argv", arguments)
        getattr(scripts, name).main()
        (path,) = (tmp_path / "results").iterdir()
        return path.name, json.loads(path.read_text())

    return run_script


def document(text, entities, relations=(), unknown=()):
    """A text with entities (word, type), by their first occurrence, and relations (head, label, tail) by words."""
    read = read_text(text)
    names = [name for name, _ in entities]

    def triples(listed):
        return tuple(Relation(names.index(head), names.index(tail), label) for head, label, tail in listed)

    spans = []
    for name, kind in entities:
        start = text.index(name)
        inside = [k for k, (s, e) in enumerate(read.offsets) if start <= s and e <= start + len(name)]
        spans.append(Entity(inside[0], inside[-1] + 1, kind))
    return replace(read, entities=tuple(spans), relations=triples(relations), unknown=triples(unknown))


# CrossRE


PEOPLE = [("Ada", "writer"), ("Bath", "location"), ("Ode", "poem")]


def compared(scripts, name, gold, found):
    """The counts of a comparison between facts of CrossRE and predicted ones in one text."""
    text = "Ada of Bath wrote Ode."
    gold, found = document(text, PEOPLE, gold), document(text, PEOPLE, found)
    spans = {(entity.start, entity.end) for entity in gold.entities}
    return scripts.transfer.compare(gold, found, scripts.transfer.comparisons()[name], spans)


def test_every_relation_that_is_compared_is_ours_and_in_one_comparison(scripts):
    listed = [r for its in scripts.transfer.comparisons().values() for r in sorted(its.ours | its.inverse)]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(scripts.documents.signatures())


def test_a_triple_is_correct_where_crossre_has_a_label_of_its_comparison_in_the_same_direction(scripts):
    born = ("Ada", "place of birth", "Bath")
    tally = compared(scripts, "place", [("Ada", "physical", "Bath")], [born])
    assert (tally.correct, tally.predicted, tally.found, tally.gold) == (1, 1, 1, 1)
    assert compared(scripts, "place", [("Bath", "physical", "Ada")], [born]).correct == 0
    assert compared(scripts, "place", [("Ada", "role", "Bath")], [born]).correct == 0


def test_a_fact_of_crossre_that_our_relations_do_not_cover_is_not_asked_for_and_makes_a_triple_correct(scripts):
    tally = compared(scripts, "place", [("Ode", "physical", "Bath")], [("Ode", "located in", "Bath")])
    assert (tally.correct, tally.gold) == (1, 0)


def test_an_inverse_relation_is_turned_round_and_an_undirected_one_holds_both_ways(scripts):
    inverse = compared(scripts, "government", [("Ada", "role", "Bath")], [("Bath", "head of government", "Ada")])
    assert inverse.correct == 1
    assert compared(scripts, "family", [("Ada", "social", "Bath")], [("Bath", "spouse", "Ada")]).correct == 1


def test_crossre_is_scored_by_domain_from_raw_text(run, tmp_path):
    types = [("Lise Meitner", "scientist"), ("Vienna", "location")]
    gold = document(TEXT, types, [("Lise Meitner", "physical", "Vienna"), ("Vienna", "named", "Vienna")])
    data = tmp_path / "test.jsonl"
    data.write_text(json.dumps(to_record(gold) | {"domain": "science"}) + "\n")
    name, result = run("transfer", data)
    assert name == "toy-crossre.json"
    assert result["entities"]["science"] == result["entities"]["all"]
    assert result["entities"]["all"]["f1"] == 1
    place = result["by_comparison"]["place"]
    assert (place["precision"], place["recall"]) == (1, 1)
    assert result["labels_not_compared"] == {"named": 1}


# Re-DocRED


PLACES = [("Ada", "person"), ("Graz", "location"), ("Austria", "location"), ("A.", "person")]


def gold_text(scripts, relations, unknown=()):
    """Two sentences; "Ada" and "A." are one person."""
    text = document("Ada lives in Graz. A. left for Austria.", PLACES, relations, unknown)
    return scripts.documents.GoldText(text, ((0, 3), (1,), (2,)))


def scored(scripts, gold, found):
    scores = scripts.documents.DocumentScores()
    scores.add(gold, document(gold.document.text, PLACES, found))
    return {kind: scores.score(kind).counts for kind in scripts.documents.KINDS}


def test_a_fact_may_be_found_at_other_mentions_of_its_entities(scripts):
    gold = gold_text(scripts, [("Ada", "place of birth", "Austria")])
    counts = scored(scripts, gold, [("A.", "place of birth", "Austria")])
    assert counts["all"] == {"correct": 1, "predicted": 1, "gold": 1}
    assert counts["in one sentence"] == counts["all"]


def test_facts_whose_entities_share_no_sentence_are_counted_apart(scripts):
    gold = gold_text(scripts, [("Graz", "country", "Austria")])
    counts = scored(scripts, gold, [("Graz", "country", "Austria"), ("Ada", "place of birth", "Graz")])
    assert counts["across sentences"] == {"correct": 1, "predicted": 1, "gold": 1}
    assert counts["in one sentence"] == {"correct": 0, "predicted": 1, "gold": 0}


def test_unknown_facts_and_relations_that_re_docred_does_not_annotate_count_for_nothing(scripts):
    gold = gold_text(scripts, [], [("Ada", "place of birth", "Graz")])
    found = [("A.", "place of birth", "Graz"), ("Ada", "residence", "Graz")]
    assert scored(scripts, gold, found)["all"] == {"correct": 0, "predicted": 0, "gold": 0}


def test_a_mention_stands_for_the_entity_that_it_overlaps_most_or_that_has_its_name(scripts):
    gold = gold_text(scripts, [])
    overlap = document("Ada lives in Graz. A. left for Austria.", [("A. left", None), ("for Austria", None)])
    assert [gold.entity(entity) for entity in overlap.entities] == ["a. left", 2]
    elsewhere = document("A place where neither of the two names was: Ada, Bo.", [("Ada", None), ("Bo", None)])
    assert [gold.entity(entity) for entity in elsewhere.entities] == [0, "bo"]


def test_documents_are_scored_across_sentences_with_pronouns_resolved(run, tmp_path):
    types = [("Lise Meitner", "PER"), ("Vienna", "LOC")]
    write_jsonl(tmp_path / "test.jsonl.gz", [document(TEXT, types, [("Lise Meitner", "place of birth", "Vienna")])])
    (tmp_path / "test.clusters.jsonl.gz").write_bytes(packed({"id": "1", "clusters": [[0], [1]]}))
    name, result = run("documents", tmp_path)
    assert name == "toy-documents.json"
    assert result["facts"]["across sentences"]["f1"] == 1
    assert {"JEREX", "REBEL"} <= {row["system"].split(" ")[0].rstrip(",") for row in result["published"]}


def packed(record):
    return gzip.compress(json.dumps(record).encode() + b"\n")


# cultures of names


@pytest.fixture(scope="module")
def culture(scripts):
    def named(**changes):
        return scripts.person_names.Culture(("Oluwaseun", "Fẹ́mi", "Adé"), ("Ọdúnlámì", "Àlàbí", "Ẹgbẹ́"), **changes)

    return named


LETTER = document(
    "Ilse van Loon met A. Tan. Dear Mr Tan, wrote Ilse, Anselm of Tholey is in Bath.",
    [("Ilse van Loon", "person"), ("A. Tan", "person"), ("Anselm of Tholey", "person"), ("Bath", "location")],
)


def with_short_forms():
    """LETTER with "Tan" and "Ilse" as further mentions."""
    words = list(LETTER.tokens)
    tan, ilse = (len(words) - 1 - words[::-1].index(word) for word in ("Tan", "Ilse"))
    more = (Entity(tan, tan + 1, "person"), Entity(ilse, ilse + 1, "person"))
    return replace(LETTER, entities=(*LETTER.entities, *more))


def people(document):
    return [document.text[e.start : e.end] for e in document.entities if e.type == "person"]


def test_short_forms_initials_and_titles_follow_the_full_name(scripts, culture):
    renamed = scripts.person_names.with_names_of(with_short_forms(), culture())
    full, initial, anselm, family, given = people(renamed)
    assert full.split()[0] == given
    assert initial.split()[1] == family
    assert initial[1:3] == ". "
    assert anselm.endswith(" of Tholey")
    assert f"Dear Mr {family}, wrote {given}," in renamed.text
    assert renamed.entities[3].text == "Bath"
    assert not {"Ilse", "Loon", "Tan", "Anselm"} & set(renamed.tokens)


def test_a_culture_may_put_the_family_name_first(scripts, culture):
    western, eastern = (
        people(scripts.person_names.with_names_of(LETTER, culture(family_first=first))) for first in (False, True)
    )
    assert western[0].split() == eastern[0].split()[::-1]
    assert western[1] == eastern[1]


def test_the_same_text_gets_the_same_place_of_every_list(scripts, culture):
    plain = culture().spelled(scripts.person_names.without_marks)
    marked, unmarked = (people(scripts.person_names.with_names_of(LETTER, its)) for its in (culture(), plain))
    assert unmarked == [scripts.person_names.without_marks(name) for name in marked]


def test_marks_are_taken_off_letters_of_every_kind(scripts):
    assert scripts.person_names.without_marks("Đặng Łukasz Þórdís Größe Yıldız") == "Dang Lukasz Thordis Grosse Yildiz"


def test_there_are_at_least_twelve_cultures_with_twenty_names_of_each_kind(scripts):
    cultures = {
        name: its for name, its in scripts.person_names.read_cultures().items() if not name.endswith("no marks")
    }
    assert len(cultures) >= 12
    for its in cultures.values():
        assert len(set(its.given)) == len(its.given) >= 20
        assert len(set(its.family)) == len(its.family) >= 20


def test_recall_is_of_persons_and_of_facts_with_a_person(scripts, culture):
    facts = [("Ilse van Loon", "spouse", "A. Tan"), ("Anselm of Tholey", "residence", "Bath")]
    names = [("Ilse van Loon", "person"), ("A. Tan", "person"), ("Anselm of Tholey", "person"), ("Bath", "location")]
    text = EverydayText(document(LETTER.text, names, facts), ())
    renamed = scripts.cultures.renamed([text], culture())
    model = scripts.cultures.mapping_for(["spouse", "residence"])

    def counts(answer):
        return {name: its.tolist() for name, its in scripts.cultures.found_and_asked(renamed, [answer], model).items()}

    gold = renamed[0].document
    assert counts(gold) == {"persons": [[3, 3]], "facts": [[2, 2]]}
    assert counts(replace(gold, relations=gold.relations[:1])) == {"persons": [[3, 3]], "facts": [[1, 2]]}
    assert counts(gold.with_prediction(Prediction())) == {"persons": [[0, 3]], "facts": [[0, 2]]}
    tables = {name: np.array([counts]) for name, counts in (("as written", (3, 3)), ("a", (3, 4)), ("b", (1, 4)))}
    found = scripts.cultures.recalls(tables)
    assert scripts.cultures.largest_difference(found)["difference"] == 0.5


# KnowledgeNet


def test_a_pronoun_that_gets_the_name_of_gold_counts_between_names(run, tmp_path):
    entities, born = GOLD.entities, "place of birth"
    passage = replace(GOLD, entities=entities, relations=(Relation(1, 2, born), Relation(0, 2, born)))
    (tmp_path / "knowledgenet").mkdir()
    write_jsonl(tmp_path / "knowledgenet" / "test.jsonl", [passage])
    (tmp_path / "sources.toml").write_text(f'[sources.knowledgenet]\nfolder = "knowledgenet"\nrelations = ["{born}"]\n')
    name, result = run("knowledgenet", tmp_path)
    assert name == "toy-knowledgenet.json"
    assert result["between names, pronouns left aside"]["predicted"] == 0
    assert result["between names, pronouns resolved"]["f1"] == 1
    assert result["all facts, at the pronoun"]["recall"] == 0.5
    at = result["at a pronoun"]
    assert [at[key] for key in ("correct", "gold", "named", "nameable", "inferred", "inferred_correct")] == [1] * 6


def test_a_pronoun_without_a_name_in_gold_makes_an_inferred_triple_wrong(scripts):
    characters = scripts.knowledgenet.in_characters
    counts = scripts.knowledgenet.PronounCounts()
    gold = replace(GOLD, relations=(Relation(1, 2, "place of birth"),))
    counts.add(characters(gold), characters(GOLD).prediction)
    assert (counts.correct, counts.named, counts.nameable) == (1, 1, 0)
    assert (counts.inferred, counts.inferred_correct) == (1, 0)

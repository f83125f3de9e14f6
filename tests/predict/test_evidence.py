from dataclasses import replace

import pytest

from relknit.document import Entity, Prediction, Relation
from relknit.document.jsonl import parse_document
from relknit.predict import with_evidence
from relknit.text.read import read_text


def place(document, name, occurrence=0):
    """The entity of a name, at one of its occurrences in the tokens."""
    words = tuple(name.split())
    starts = [k for k in range(len(document)) if document.tokens[k : k + len(words)] == words]
    return Entity(starts[occurrence], starts[occurrence] + len(words))


def extraction(text, entities, relations):
    document = read_text(text)
    found = tuple(place(document, *entity) for entity in entities)
    return document.with_prediction(Prediction(found, tuple(Relation(h, t, label, p) for h, t, label, p in relations)))


def reads(*sentences):
    """A model that finds the pair of a sentence's first and last name in the sentences that contain one of the texts."""

    def read(documents):
        predictions = []
        for document in documents:
            words = " ".join(document.tokens)
            names = [k for k, token in enumerate(document.tokens) if token[0].isupper()]
            entities = (Entity(names[0], names[0] + 1), Entity(names[-1], names[-1] + 1))
            found = [k for k, sentence in enumerate(sentences) if sentence in words]
            predictions.append(Prediction(entities, tuple(Relation(0, 1, "from", 0.9 - k / 10) for k in found)))
        return predictions

    return read


def never(documents):
    raise AssertionError("nothing is to be read again")


def places(document):
    (triple,) = document.triples
    return [(h.start, t.start) for h, t in triple.evidence]


@pytest.mark.parametrize("tagged", [True, False])
def test_a_triple_points_at_the_sentence_with_both_names(tagged):
    text = "Spain won it. Ajo is from Spain."
    again = [("Spain", 1)] if tagged else []
    found = with_evidence(extraction(text, [("Spain",), ("Ajo",), *again], [(1, 0, "from", 0.8)]), never)
    assert places(found) == [(14, 26)]
    (triple,) = found.triples
    assert (triple.head.start, triple.tail.start, triple.confidence) == (14, 26, 0.8)
    assert len(found.entities) == 3
    assert [e.token_start for e in found.entities] == sorted(e.token_start for e in found.entities)


def test_of_several_sentences_those_count_that_the_model_reads_so():
    text = "Ajo and Spain met. Ajo left Spain again. Ajo is from Spain."
    document = extraction(text, [("Ajo",), ("Spain",)], [(0, 1, "from", 0.8)])
    assert places(with_evidence(document, reads("is from"))) == [(41, 53)]
    assert places(with_evidence(document, reads("is from", "left"))) == [(41, 53), (19, 28)]
    assert places(with_evidence(document, reads())) == [(0, 8)]


def test_in_a_sentence_the_nearest_mentions_count():
    text = "Spain lost while Ajo of Spain stayed."
    assert places(with_evidence(extraction(text, [("Spain",), ("Ajo",)], [(1, 0, "from", 0.8)]), never)) == [(17, 24)]


def test_triples_of_the_same_names_become_one_with_all_places():
    text = "Ajo is from Spain. It is so. Ajo is from Spain."
    document = extraction(
        text, [("Ajo",), ("Spain",), ("Ajo", 1), ("Spain", 1)], [(0, 1, "from", 0.7), (2, 3, "from", 0.9)]
    )
    found = with_evidence(document, reads("is from"))
    assert sorted(places(found)) == [(0, 12), (29, 41)]
    assert found.relations[0].confidence == 0.9


def test_a_fact_across_sentences_stays_where_it_was_found():
    found = with_evidence(
        extraction("Ajo cooks. She left Spain.", [("Ajo",), ("Spain",)], [(0, 1, "from", 0.8)]), never
    )
    assert places(found) == [(0, 20)]


def test_a_name_inside_another_entity_is_no_mention():
    text = "Leeds won. Ajo is at University of Leeds."
    entities = [("Leeds",), ("Ajo",), ("University of Leeds",)]
    found = with_evidence(extraction(text, entities, [(1, 0, "from", 0.8)]), never)
    assert places(found) == [(11, 0)]


def test_evidence_is_written_and_read_back():
    document = with_evidence(
        extraction("Spain won. Ajo is from Spain.", [("Spain",), ("Ajo",)], [(1, 0, "from", 0.8)]), never
    )
    record = document.to_dict()
    assert record["triples"][0]["evidence"] == [{"head": [11, 14], "tail": [23, 28]}]
    assert parse_document(record).relations[0].evidence == document.relations[0].evidence == ((1, 2),)


@pytest.mark.parametrize("bad", [3, [[0]], [[0, 9]], [[0, "1"]], [3]])
def test_evidence_that_names_no_entities_is_refused(bad):
    record = extraction("Ajo is from Spain.", [("Ajo",), ("Spain",)], [(0, 1, "from", 0.8)]).to_dict()
    record["relations"][0]["evidence"] = bad
    with pytest.raises(Exception, match="evidence"):
        parse_document(record)


def inferred(text, entities, head, pairs, tail, **stated):
    """An extraction with the inferred triple head -> tail at these pairs, and the directly stated ones."""
    document = extraction(text, entities, stated.get("relations", []))
    relation = Relation(head, tail, "from", 0.5, evidence=tuple(pairs), inferred=True)
    return replace(document, relations=(*document.relations, relation))


def test_an_inferred_triple_keeps_its_place_at_the_pronoun_whatever_sentences_have_both_names():
    text = "Ajo likes Spain. He is from Spain."
    document = inferred(text, [("Ajo",), ("Spain",), ("He",), ("Spain", 1)], 0, [(2, 3)], 3)
    found = with_evidence(document, never)
    assert places(found) == [(17, 28)]
    (triple,) = found.triples
    assert (triple.head.start, triple.tail.start, triple.inferred) == (0, 28, True)


def test_a_triple_stated_by_names_and_by_a_pronoun_has_both_places_and_is_not_inferred():
    text = "Ajo is from Spain. He is from Spain."
    entities = [("Ajo",), ("Spain",), ("He",), ("Spain", 1)]
    document = inferred(text, entities, 0, [(2, 3)], 3, relations=[(0, 1, "from", 0.4)])
    found = with_evidence(document, never)
    assert places(found) == [(0, 12), (19, 30)]
    (triple,) = found.triples
    assert (triple.inferred, triple.confidence) == (False, 0.5)

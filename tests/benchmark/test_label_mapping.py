"""Labels of other inventories."""

import tomllib

import pytest

from relknit.benchmark.label_mapping import mapping_for
from relknit.checkpoint import load_model
from relknit.data.everyday import everyday_path, load_relations
from relknit.document.coreference import REFERS_TO
from relknit.sources import find_model

FOREIGN = tomllib.loads((everyday_path() / "foreign_labels.toml").read_text(encoding="utf-8"))
LABELS = {about["label"]: about for about in load_relations().values()}


def one(sketch, relation, types=("x", "x")):
    return sketch("Ada Oslo", [(0, 1, types[0]), (1, 2, types[1])], [(0, relation, 1)])


@pytest.mark.parametrize("label", ["place of birth", "place_of_birth", "PLACE_OF_BIRTH", "P19"])
def test_a_relation_is_known_by_label_name_and_wikidata_id(label, sketch):
    (relation,) = mapping_for([label])(one(sketch, label)).relations
    assert (relation.head, relation.type, relation.tail) == (0, "place of birth", 1)


@pytest.mark.parametrize(
    ("label", "its"), [("parent", "child"), ("subsidiary", "parent organization"), ("capital of", "capital")]
)
def test_the_inverse_of_a_relation_is_turned_round(label, its, sketch):
    (relation,) = mapping_for([label])(one(sketch, label)).relations
    assert (relation.head, relation.type, relation.tail) == (1, its, 0)


def test_the_inventory_that_has_most_of_the_labels_decides_what_a_name_means(sketch):
    webnlg, wikidata = ["birthPlace", "location"], ["father", "screenwriter", "location"]
    assert mapping_for(webnlg)(one(sketch, "location")).relations[0].type == "located in"
    assert mapping_for(wikidata)(one(sketch, "location")).relations[0].type == "event location"
    assert mapping_for(wikidata)(one(sketch, "father")).relations[0].head == 1
    assert (mapping_for(webnlg).inventory, mapping_for(wikidata).inventory) == ("webnlg", "wikidata")
    assert mapping_for(LABELS).inventory is None
    assert mapping_for(LABELS).renamed(LABELS) == {}


def test_types_are_translated_and_unknown_ones_stay(sketch):
    entities = mapping_for(["spouse"])(one(sketch, "spouse", ("PER", "Dragon"))).entities
    assert [entity.type for entity in entities] == ["person", "Dragon"]


def test_an_unknown_relation_is_left_out_and_counted(sketch):
    mapping = mapping_for(["runwayLength"])
    document = one(sketch, "runwayLength")
    assert mapping(document).relations == ()
    assert mapping.unscored([document, document]) == {"runwayLength": 2}
    assert mapping(one(sketch, REFERS_TO)).relations[0].type == REFERS_TO


def test_the_table_names_relations_and_types_of_the_corpus_and_labels_of_the_shipped_model():
    types = {kind for about in LABELS.values() for side in ("head", "tail") for kind in about[side]}
    assert set(FOREIGN["types"].values()) <= types
    for inventory in ("webnlg", "wikidata"):
        for labels in FOREIGN[inventory].values():
            assert set(labels.values()) <= LABELS.keys()
            assert not labels.keys() & LABELS.keys()
    used = FOREIGN["webnlg"]["same"].keys() | FOREIGN["webnlg"]["reversed"].keys()
    assert used <= set(load_model(find_model("webnlg")).model.labels.relations)

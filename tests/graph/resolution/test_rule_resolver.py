"""Names are joined by rules with reasons, proposed, or kept apart."""

import random

from relknit.graph.entity_resolution import LocalName
from relknit.graph.resolution import Decision, Decisions, RuleResolver, read_alias_table

MARIA = ("Maria Veld", "PER")


def resolve(*names, resolver=RuleResolver()):  # noqa: B008
    return resolver.resolve([LocalName(*name) for name in names])


def groups(found):
    return sorted(sorted((m.local.name, m.local.document) for m in group.members) for group in found.groups)


def test_a_surname_belongs_to_the_only_person_of_its_document():
    found = resolve((*MARIA, "a"), ("Veld", "PER", "a"), ("Peter Veld", "PER", "b"), ("Veld", "PER", "b"))
    assert groups(found) == [
        [("Maria Veld", "a"), ("Veld", "a")],
        [("Peter Veld", "b"), ("Veld", "b")],
    ]
    member = next(m for group in found.groups for m in group.members if m.local.name == "Veld")
    assert (member.reason, member.joined_to) == ("surname of Maria Veld in the same document", "Maria Veld")


def test_a_surname_of_two_persons_is_proposed_to_both():
    found = resolve((*MARIA, "a"), ("Peter Veld", "PER", "a"), ("Veld", "PER", "a"))
    assert len(found.groups) == 3
    assert {(p.name[0], p.other[0]) for p in found.proposals} == {("Maria Veld", "Veld"), ("Peter Veld", "Veld")}


def test_an_acronym_means_what_documents_expand_it_to():
    full = "Tarrow Bar Association"
    assert len(resolve((full, "ORG", "a"), ("TBA", "ORG", "a"), ("TBA", "ORG", "b")).groups) == 1
    apart = resolve((full, "ORG", "a"), ("TBA", "ORG", "b"))
    assert len(apart.groups) == 2
    assert len(apart.proposals) == 1


def test_two_dates_of_birth_are_two_persons():
    names = [LocalName(*MARIA, d, 1, (("date of birth", date),)) for d, date in (("a", "1950"), ("b", "3 May 1971"))]
    found = RuleResolver().resolve(names)
    assert {group.qualifier for group in found.groups} == {"date of birth 1950", "date of birth 1971-05-03"}
    assert len({group.id for group in found.groups}) == 2


def test_decisions_join_and_separate():
    confirmed = Decision(("Veld", "PER"), MARIA, "yes")
    names = ((*MARIA, "a"), ("Veld", "PER", "b"))
    assert len(resolve(*names, resolver=RuleResolver(Decisions.of([confirmed]))).groups) == 1
    rejected = Decision(("M. Veld", "PER"), MARIA, "no")
    names = ((*MARIA, "a"), ("M. Veld", "PER", "a"))
    found = resolve(*names, resolver=RuleResolver(Decisions.of([rejected])))
    assert len(found.groups) == 2
    assert not found.proposals


def test_an_alias_table_links_names_of_one_id_and_abstains_between_two(tmp_path):
    table = tmp_path / "aliases.tsv"
    rows = ["id\tlabel\taliases\ttype", "Q1\tVelmark\tOld Port|Capital\tLOC", "Q2\tTarrow\tCapital\tLOC"]
    table.write_text("\n".join(rows), encoding="utf-8")
    resolver = RuleResolver(aliases=read_alias_table(table))
    names = (("Velmark", "LOC", "a"), ("Old Port", "LOC", "b"), ("Capital", "LOC", "c"))
    assert groups(resolve(*names, resolver=resolver)) == [[("Capital", "c")], [("Old Port", "b"), ("Velmark", "a")]]


def sample(generator):
    persons = ["Maria Veld", "M. Veld", "Veld", "Peter Veld", "Dr. Maria Veld", "Joan Harrow", "Harrow", "J. Harrow"]
    others = ["Acme", "Acme Inc.", "Acme GmbH", "TBA", "Tarrow Bar Association", "The Band", "Band"]
    names = [(name, "PER") for name in persons] + [(name, "ORG") for name in others]
    return sorted({LocalName(*generator.choice(names), f"d{generator.randrange(4)}") for _ in range(20)}, key=repr)


def test_neither_order_nor_names_of_other_blocks_matter():
    resolver = RuleResolver()
    for seed in range(40):
        names = sample(random.Random(seed))
        whole = resolver.resolve(names)
        shuffled = random.Random(seed + 1).sample(names, len(names))
        assert resolver.resolve(shuffled) == whole
        blocks: list[tuple[set, list]] = []
        for local in names:
            keys, members = set(resolver.block_keys(local.name, local.type)), [local]
            for block in [block for block in blocks if block[0] & keys]:
                blocks.remove(block)
                keys, members = keys | block[0], members + block[1]
            blocks.append((keys, members))
        parts = [resolver.resolve(members) for _, members in blocks]
        assert groups(whole) == sorted(one for part in parts for one in groups(part))
        assert set(whole.proposals) == {proposal for part in parts for proposal in part.proposals}

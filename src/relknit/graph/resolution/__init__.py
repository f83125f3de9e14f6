"""Entity resolution: which names of a graph mean the same entity, by rules with reasons.

rule_resolver.py    `RuleResolver`: all steps together
name_form.py        a name in parts: distinguishing words, titles, generations, legal forms, acronyms
folding.py          case, accents and punctuation
name_rules.py       the rules for two names, and the vetoes
document_names.py   short forms within one document
corpus_names.py     names of different documents, and proposals
clusters.py         disjoint sets of names, some of which must stay apart
conflicts.py        entities with contradicting dates
decisions.py        the file in which people confirm or reject proposals
alias_table.py      names of ids, such as Wikidata's
entity_kinds.py     persons, organisations, places, values
dates.py            dates in English
places.py           demonyms and other names of places (places.toml)
"""

from relknit.graph.resolution.alias_table import AliasTable, read_alias_table
from relknit.graph.resolution.decisions import Decision, Decisions, read_decisions, write_decisions
from relknit.graph.resolution.rule_resolver import RuleResolver

__all__ = [
    "AliasTable",
    "Decision",
    "Decisions",
    "RuleResolver",
    "read_alias_table",
    "read_decisions",
    "write_decisions",
]

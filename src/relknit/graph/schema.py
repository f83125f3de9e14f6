"""The tables of a graph file.

Documents, passages, mentions and evidence are what was read; names, entities and facts follow from them. A passage is a part of
a document that was read at once, such as a paragraph of a text file; a record is a document of one passage. All positions are
characters of the document (Unicode code points, the end exclusive). The type of an entity without one is ''. Ids of entities and
facts depend only on their names, types and relation; the other ids are internal and may differ between equal graphs.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 1

TABLES: Final = """
CREATE TABLE properties (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE models (           -- a model with the options it was used with
    id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, name TEXT NOT NULL, options TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE signatures (       -- the types that occur with a relation in the training data of a model
    model TEXT NOT NULL REFERENCES models ON DELETE CASCADE,
    relation TEXT NOT NULL, head_type TEXT NOT NULL, tail_type TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (relation, head_type, tail_type, model)
) WITHOUT ROWID;
CREATE TABLE relations (        -- what is known of relations in general
    name TEXT PRIMARY KEY, inverse TEXT, symmetric INTEGER NOT NULL, functional INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE documents (id TEXT PRIMARY KEY, sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    document TEXT NOT NULL, start INTEGER NOT NULL,
    text TEXT NOT NULL, sentences INTEGER NOT NULL,
    sha256 TEXT NOT NULL,       -- of the text
    annotations TEXT NOT NULL,  -- SHA-256 of given annotations, '' where a model made them
    model TEXT REFERENCES models,  -- NULL where the annotations were given
    fields TEXT NOT NULL,       -- the other fields of the record, as JSON
    UNIQUE (document, start)
);
CREATE INDEX passages_model ON passages (model);

CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, UNIQUE (name, type));
CREATE TABLE name_blocks (key TEXT NOT NULL, name INTEGER NOT NULL, PRIMARY KEY (key, name)) WITHOUT ROWID;
CREATE INDEX name_blocks_name ON name_blocks (name);
CREATE TABLE local_names (      -- a name in one document; these are grouped to entities
    id INTEGER PRIMARY KEY,
    document TEXT NOT NULL, name INTEGER NOT NULL REFERENCES names,
    entity TEXT, reason TEXT NOT NULL DEFAULT '', joined_to TEXT NOT NULL DEFAULT '',
    UNIQUE (name, document)
);
CREATE INDEX local_names_document ON local_names (document);
CREATE INDEX local_names_entity ON local_names (entity);

CREATE TABLE mentions (
    id INTEGER PRIMARY KEY,
    passage INTEGER NOT NULL REFERENCES passages ON DELETE CASCADE,
    local_name INTEGER NOT NULL REFERENCES local_names,
    start INTEGER NOT NULL, end INTEGER NOT NULL,
    confidence REAL, tagged INTEGER NOT NULL
);
CREATE INDEX mentions_passage ON mentions (passage);
CREATE INDEX mentions_local_name ON mentions (local_name);
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    fact TEXT,
    passage INTEGER NOT NULL REFERENCES passages ON DELETE CASCADE,
    head INTEGER NOT NULL REFERENCES local_names, relation TEXT NOT NULL, tail INTEGER NOT NULL REFERENCES local_names,
    head_start INTEGER NOT NULL, head_end INTEGER NOT NULL,  -- of the name, or of a pronoun that refers to it
    tail_start INTEGER NOT NULL, tail_end INTEGER NOT NULL,
    sentence_start INTEGER NOT NULL, sentence_end INTEGER NOT NULL, sentence_hash TEXT NOT NULL,
    confidence REAL, inferred INTEGER NOT NULL
);
CREATE INDEX evidence_fact ON evidence (fact);
CREATE INDEX evidence_passage ON evidence (passage);
CREATE INDEX evidence_head ON evidence (head);
CREATE INDEX evidence_tail ON evidence (tail);

CREATE TABLE entities (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
    qualifier TEXT NOT NULL,    -- distinguishes entities of the same name and type; '' where there is one
    mentions INTEGER NOT NULL, documents INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX entities_name ON entities (name COLLATE NOCASE);
CREATE TABLE facts (
    id TEXT PRIMARY KEY,
    head TEXT NOT NULL REFERENCES entities, relation TEXT NOT NULL, tail TEXT NOT NULL REFERENCES entities,
    confidence REAL,            -- of all passages together
    max_confidence REAL,        -- of the best one
    evidence INTEGER NOT NULL, sentences INTEGER NOT NULL, documents INTEGER NOT NULL,
    inferred INTEGER NOT NULL   -- whether every sentence states it of a pronoun or a description
) WITHOUT ROWID;
CREATE INDEX facts_head ON facts (head);
CREATE INDEX facts_tail ON facts (tail);
CREATE INDEX facts_relation ON facts (relation);
CREATE TABLE merge_proposals (
    name INTEGER NOT NULL REFERENCES names, other INTEGER NOT NULL REFERENCES names,
    reason TEXT NOT NULL, score REAL NOT NULL,
    PRIMARY KEY (name, other)
) WITHOUT ROWID;

CREATE TABLE staged (           -- extracted, and not part of the graph; empty except after an interrupted build
    document TEXT NOT NULL, start INTEGER NOT NULL, sha256 TEXT NOT NULL, annotations TEXT NOT NULL, model TEXT,
    rows TEXT NOT NULL,
    PRIMARY KEY (document, start)
) WITHOUT ROWID;

CREATE VIEW readable_facts AS
SELECT f.id, h.name AS head, h.type AS head_type, f.relation, t.name AS tail, t.type AS tail_type,
    f.confidence, f.max_confidence, f.evidence, f.sentences, f.documents, f.inferred,
    EXISTS (SELECT 1 FROM signatures s WHERE s.relation = f.relation)
        AND NOT EXISTS (
            SELECT 1 FROM signatures s WHERE s.relation = f.relation AND s.head_type = h.type AND s.tail_type = t.type
        ) AS unseen_signature,
    f.head AS head_id, f.tail AS tail_id
FROM facts f JOIN entities h ON h.id = f.head JOIN entities t ON t.id = f.tail;

CREATE VIEW readable_evidence AS
SELECT e.fact, p.document, e.relation,
    e.head_start, e.head_end, e.tail_start, e.tail_end, e.sentence_start, e.sentence_end,
    substr(p.text, e.sentence_start - p.start + 1, e.sentence_end - e.sentence_start) AS sentence,
    e.confidence, e.inferred, m.sha256 AS model, p.fields
FROM evidence e JOIN passages p ON p.id = e.passage LEFT JOIN models m ON m.id = p.model;

CREATE VIEW aliases AS
SELECT l.entity, n.name, n.type, count(*) AS documents, min(l.reason) AS reason, min(l.joined_to) AS joined_to
FROM local_names l JOIN names n ON n.id = l.name GROUP BY l.entity, n.id;
"""

"""GraphRel (Fu et al., ACL 2019): a graph of words, then for each relation a graph of what the first phase predicted.

graphrel.py         the model, with one or two phases
word_graph.py       the head of every word, and the graph convolution along these edges
dependencies.py     heads from the parser of a spaCy pipeline
relation_graphs.py  the second phase
tagger.py           the tags of entities
pair_softmax.py     one relation, or none, for every ordered pair of words: loss and triples
graph_batch.py      prepared sentences and batches
settings.py         the [model] section
"""

PARTS = {"graphrel": "graphrel:GraphRel"}

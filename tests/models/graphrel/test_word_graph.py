"""The graph of words, and the layers over it and over the graphs of relations, against their matrices."""

import pytest
import torch

from relknit.models.graphrel.relation_graphs import RelationGraphs
from relknit.models.graphrel.tagger import RecurrentTagger
from relknit.models.graphrel.word_graph import (
    GraphConvolution,
    chain_heads,
    joined_heads,
    mean_with_children,
    mean_with_head,
    no_heads,
)

FOREST = (1, 1, 1, 2, 5, 5)  # word 1 has the children 0 and 2, 2 the child 3; 5 is a second root with the child 4


def adjacency(heads):
    """A→: a self-loop at every word, and an edge from each head to its child; rows divided by their sum."""
    edges = torch.eye(len(heads), dtype=torch.float64)
    for child, head in enumerate(heads):
        edges[head, child] = 1
    return edges / edges.sum(1, keepdim=True), (edges.T / edges.T.sum(1, keepdim=True))


@pytest.mark.parametrize("heads", [FOREST, chain_heads(5), no_heads(4), (0,)])
def test_the_means_are_products_with_the_adjacency_matrices(heads):
    x = torch.randn(len(heads), 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    outgoing, incoming = adjacency(heads)
    torch.testing.assert_close(mean_with_children(x, torch.tensor(heads)), outgoing @ x)
    torch.testing.assert_close(mean_with_head(x, torch.tensor(heads)), incoming @ x)


def test_a_chain_joins_each_word_to_the_one_before_and_no_graph_joins_none():
    assert (chain_heads(4), chain_heads(0), no_heads(3)) == ((0, 0, 1, 2), (), (0, 1, 2))


def test_sentences_end_to_end_have_no_edge_between_them():
    heads = joined_heads([torch.tensor(h, dtype=torch.int64) for h in ((0, 0), (), (1, 1, 1))])
    assert heads.tolist() == [0, 0, 3, 3, 3]
    layer, x = GraphConvolution(3, 2).double(), torch.randn(5, 3, dtype=torch.float64)
    alone = [layer(x[:2], heads[:2]), layer(x[2:], heads[2:] - 2)]
    torch.testing.assert_close(layer(x, heads), torch.cat(alone))


def test_a_convolution_is_that_of_the_paper_with_means():
    layer, x = GraphConvolution(3, 2).double(), torch.randn(6, 3, dtype=torch.float64)
    outgoing, incoming = adjacency(FOREST)
    expected = torch.relu(torch.cat([outgoing @ layer.outgoing(x), incoming @ layer.incoming(x)], dim=-1))
    torch.testing.assert_close(layer(x, torch.tensor(FOREST)), expected)


def test_the_second_phase_with_fixed_probabilities_is_computed_as_by_hand():
    graphs = RelationGraphs(2, 2).double()
    with torch.no_grad():
        graphs.forward_edges.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, -1.0]]))
        graphs.backward_edges.weight.copy_(torch.tensor([[0.0, 1.0], [1.0, 1.0]]))
        graphs.forward_edges.bias.copy_(torch.tensor([0.0, 1.0]))
        graphs.backward_edges.bias.zero_()
    h = torch.tensor([[1.0, 2.0], [3.0, 0.0]], dtype=torch.float64)
    p = torch.tensor([[[0.5, 0.5], [1.0, 0.0]], [[0.0, 1.0], [0.25, 0.75]]], dtype=torch.float64)
    # forward messages h·W + b: relation 0: (1, 3), relation 1: (-1, 1); backward: relation 0: (2, 0), relation 1: (3, 3)
    # Σ_v P_0(u, v) m_v = (0.5 + 3, 0.75), of relation 1: (-0.5, -1 + 0.75), which ReLU cuts
    # Σ_v P_0(v, u) m_v = (1 + 0, 2 + 0), of relation 1: (1.5 + 3, 0 + 2.25)
    expected = h + torch.tensor([[3.5, 1.0 + 4.5], [0.75, 2.0 + 2.25]], dtype=torch.float64)
    torch.testing.assert_close(graphs.eval()(h, p), expected)


def test_the_tagger_reads_each_sentence_from_its_first_word():
    tagger, x = RecurrentTagger(3, 4, 5).double(), torch.randn(6, 3, dtype=torch.float64)
    together = tagger(x, [2, 0, 4])
    torch.testing.assert_close(together, torch.cat([tagger(x[:2], [2]), tagger(x[2:], [4])]))
    assert tagger(x[:0], [0, 0]).shape == (0, 5)

import pytest

import floor

# two sentences of 2 and 3 words: T = 5, P = 4 + 9 = 13; features c = 2h = 8
TINY = floor.Sizes(lengths=[2, 3], input_dim=6, hidden=4, tags=5, pair_hidden=7, relations=3, rounds=2, parameters=1000)
PRODUCT = 2 * 13 * 7 * 3
PROJECTIONS = 2 * 2 * 5 * 8 * 7


class TestPairOperations:
    def test_a_row_max_is_one_product_over_the_pairs_and_two_projections(self):
        assert floor.pair_costs(TINY)["row_max forward"] == floor.Cost(forward=PRODUCT + PROJECTIONS)

    def test_its_gradient_goes_through_one_pair_for_each_word_and_relation(self):
        assert floor.pair_costs(TINY)["row_max backward"] == floor.Cost(backward=4 * 5 * 3 * 7 + 2 * PROJECTIONS)

    def test_a_loss_is_one_product_forward_and_two_back(self):
        costs = floor.pair_costs(TINY)
        assert costs["loss forward"] == floor.Cost(forward=PRODUCT + PROJECTIONS)
        assert costs["loss backward"] == floor.Cost(backward=2 * PRODUCT + 2 * PROJECTIONS)


class TestTrainingStep:
    def test_row_max_counts_once_a_round_and_the_loss_once(self):
        costs = floor.training_step(TINY)
        assert costs["row_max forward"].forward == 2 * (PRODUCT + PROJECTIONS)
        assert costs["row_max backward"].backward == 2 * (4 * 5 * 3 * 7 + 2 * PROJECTIONS)
        assert costs["loss forward"].forward == PRODUCT + PROJECTIONS

    @pytest.mark.parametrize("layer", ["encoder", "interaction", "tagger"])
    def test_a_layer_costs_twice_as_much_on_the_way_back(self, layer):
        costs = floor.training_step(TINY)
        assert costs[f"{layer} backward"].backward == 2 * costs[f"{layer} forward"].forward

    def test_webnlg_is_about_a_third_of_a_minute_of_a_billion_operations_a_second(self):
        """An order of magnitude that a person can check: 50 sentences of 27 words, 5 products over 36,450 pairs."""
        sizes = floor.Sizes([27] * 50, 110, 50, 5, 100, 170, 2)
        costs = floor.training_step(sizes)
        assert sizes.pairs == 36_450
        pairs = sum(costs[name].forward + costs[name].backward for name in costs if name.startswith(("row", "loss")))
        assert 5 * 1.24e9 < pairs < 6 * 1.24e9


class TestSeconds:
    def test_each_kind_is_divided_by_its_own_rate(self):
        rates = {"forward": 10.0, "backward": 20.0, "bytes": 5.0}
        assert floor.seconds(floor.Cost(forward=20.0, backward=20.0, bytes=5.0), rates) == 2.0 + 1.0 + 1.0

    def test_elementwise_passes_are_counted_beside_the_floor(self):
        assert floor.elementwise(TINY) == {"add": 3 * 13 * 7 + 2 * 13 * 3, "sigmoid": 13 * 3}

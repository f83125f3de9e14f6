"""The recurrent cells of a round with python floats, one unit after another."""

import math


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def affine(layer, vector):
    rows, bias = layer.weight.tolist(), layer.bias.tolist()
    return [sum(w * x for w, x in zip(row, vector, strict=True)) + b for row, b in zip(rows, bias, strict=True)]


def gates(cell, x, h):
    """W x + b and U h + c of one of torch's cells."""
    parts = []
    for suffix, vector in (("ih", x), ("hh", h)):
        rows, bias = getattr(cell, f"weight_{suffix}").tolist(), getattr(cell, f"bias_{suffix}").tolist()
        parts.append(
            [sum(w * v for w, v in zip(row, vector, strict=True)) + b for row, b in zip(rows, bias, strict=True)]
        )
    return parts


def gru_by_hand(cell, x, h):
    from_x, from_h = gates(cell, x, h)
    size, result = len(h), []
    for k in range(size):
        r = sigmoid(from_x[k] + from_h[k])
        z = sigmoid(from_x[size + k] + from_h[size + k])
        new = math.tanh(from_x[2 * size + k] + r * from_h[2 * size + k])
        result.append((1 - z) * new + z * h[k])
    return result


def paper_gru_by_hand(cell, x, h):
    """v1 eqs. 4 to 7."""

    def row(layer, k, vector):
        return sum(w * v for w, v in zip(layer.weight[k].tolist(), vector, strict=True))

    u = [sigmoid(row(cell.reset, k, [*h, *x])) for k in range(len(h))]
    kept = [*(a * b for a, b in zip(u, h, strict=True)), *x]
    result = []
    for k, value in enumerate(h):
        z = sigmoid(row(cell.update, k, [*h, *x]))
        result.append((1 - z) * value + z * math.tanh(row(cell.candidate, k, kept)))
    return result


def rnn_by_hand(cell, x, h):
    return [math.tanh(a + b) for a, b in zip(*gates(cell, x, h), strict=True)]


BY_HAND = {"gru": gru_by_hand, "paper_gru": paper_gru_by_hand, "rnn": rnn_by_hand}

"""CopyRE: an LSTM decoder that copies the words of entities from the sentence (Zeng et al., ACL 2018).

    s = ½(h→_n + h←_1) of the encoder, and its cell likewise                        the state from which the decoder begins
    β_i = selu([q ; O_i] w_c),  α = softmax(β),  ctx = Σ_i α_i O_i                  attention; q is the cell state
    u_t = [v_t ; ctx] W_u,  (o_t, state_t) = LSTM(u_t, state_{t-1})                 a step; v_t is the vector of the last action
    p = softmax([selu(o_t W_r) + b_r ; selu(o_t w_NA) + b_NA])                      steps 1, 4, …: the relation, or NA
    p = softmax([M ⊗ selu([O_i ; o_t] w_e) ; selu(o_t w_NA) + b_NA])                the others: a word, or NA

OneDecoder has one decoder for all triples; MultiDecoder has five with weights of their own, of which each begins with the
vector of GO and, after the first, from ½(s + the last state of the one before).

Why it is weak: without selu, softmax over the words cancels what o_t adds to every word, so head and tail of a triple have the
same distribution and the mask M alone distinguishes them. Departures from the released code are those of `CopyDecoder`.
"""

from __future__ import annotations

from relknit.models.copy_re.copy_model import CopyModel
from relknit.models.copy_re.decoder import CopyForm
from relknit.models.copy_re.settings import CopyRESettings


class CopyRE(CopyModel):
    """OneDecoder and MultiDecoder."""

    Settings = CopyRESettings

    @staticmethod
    def form(settings: CopyRESettings) -> CopyForm:
        """One cell for all triples, or a decoder for each."""
        if settings.decoder == "one":
            return CopyForm(attention=settings.attention)
        return CopyForm(cells="per_triple", heads="per_triple", attention=settings.attention, restart=True, reset=True)

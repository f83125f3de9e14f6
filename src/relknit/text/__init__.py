"""Text: tokens, sentences and windows of raw text, and alignment of given tokens with raw text. No torch here."""

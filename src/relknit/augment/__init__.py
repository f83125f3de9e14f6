"""Training sentences rewritten: joined to paragraphs, in another letter case, or no longer asserting their facts."""

"""Neural building blocks: encoders, the interaction, the pair scorer."""

"""OrderRL (Zeng et al., EMNLP 2019): CopyRE without attention, with weights of each step, that learns the order of triples.

order_rl.py   the model, its loss by likelihood and by reinforcement
rewards.py    what an action earns
settings.py   the [model] section
"""

PARTS = {"order_rl": "order_rl:OrderRL"}

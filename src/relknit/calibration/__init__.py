"""Calibration: from a model's probabilities to fractions of what is correct, as measured on dev.

platt.py             Platt scaling of a probability
precision_table.py   correct triples on dev by relation and confidence, and the thresholds for a wanted precision
confidence.py        both applied to a prediction
"""

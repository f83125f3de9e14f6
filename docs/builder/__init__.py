"""What Sphinx and its extensions cannot do for the site: two extensions of our own, which `docs/conf.py` names.

equations.py    from each equation of the papers to the lines that compute it
docstrings.py   docstrings are plain text, shown letter for letter
"""

"""Makes the documentation site: pages gathered and generated, links rewritten, the result checked.

pages.py        which file of the repository is which page, and where its links lead on the site
commands.py     every command and option, from the command line itself
settings.py     every setting of a run, from its validation
reference.py    every public name, from the source (docstrings.py: their text as Markdown)
equations.py    from each equation of the papers to the lines that compute it
check.py        the built site: links, anchors, nothing loaded from elsewhere
"""

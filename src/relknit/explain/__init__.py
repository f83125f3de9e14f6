"""The effect of the rounds of interaction: which entities and triples appeared, vanished or changed from round 0 to K.

explanation = extractor.explain("Marie Curie was born in Warsaw, Poland.")
explanation.triples[0].course.changes, explanation.to_dict(), explanation.to_html()
"""

from relknit.explain.trace import Change, Course, EntityTrace, Explanation, TripleTrace

__all__ = ["Change", "Course", "EntityTrace", "Explanation", "TripleTrace"]

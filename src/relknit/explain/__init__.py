"""What the rounds of interaction did: how entities and relations came, went and changed from round 0 to round K.

explanation = extractor.explain("Alan Bean was born in Wheeler, Texas.")
explanation.triples[0].course.changes, explanation.to_dict(), explanation.to_html()
"""

from relknit.explain.trace import Change, Course, EntityTrace, Explanation, TripleTrace

__all__ = ["Change", "Course", "EntityTrace", "Explanation", "TripleTrace"]

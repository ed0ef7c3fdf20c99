"""A new plugin as a small distribution of its own, from a few answers: what `dudao plugin new` writes."""

from core.scaffold.answers import Answers, Wrong, problems
from core.scaffold.distribution import distribution, ejected

__all__ = ["Answers", "Wrong", "distribution", "ejected", "problems"]

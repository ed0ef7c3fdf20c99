"""The unit types that Dudao comes with, one folder each. A folder may be deleted; nothing else needs it."""

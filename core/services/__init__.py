"""Use cases, one public verb a function. Permissions live here, and the only commit of deeds (decision 6)."""

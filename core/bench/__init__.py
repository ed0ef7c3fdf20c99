"""The benchmark suite: the real product under load, measured against a bare baseline in the same run."""

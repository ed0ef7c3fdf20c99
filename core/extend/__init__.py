"""Finding, checking and holding plugins. The only caller of pluggy."""

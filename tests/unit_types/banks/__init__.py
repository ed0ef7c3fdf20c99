"""Rules of the plugin 'banks'."""

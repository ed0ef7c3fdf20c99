"""Rules of the plugin 'carriers'."""

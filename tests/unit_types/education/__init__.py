"""Rules of the plugin 'education'."""

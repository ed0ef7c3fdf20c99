"""Rules of the plugin 'courts'."""

"""Rules of the plugin 'common'."""

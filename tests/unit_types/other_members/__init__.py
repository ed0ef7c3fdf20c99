"""Rules of the plugin 'other_members'."""

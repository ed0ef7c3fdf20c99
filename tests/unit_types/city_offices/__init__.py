"""Rules of the plugin 'city_offices'."""

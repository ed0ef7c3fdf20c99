"""Rules of the plugin 'market_regulation'."""

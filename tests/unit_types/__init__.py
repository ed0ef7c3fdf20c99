"""Rules of the plugins that Dudao comes with."""

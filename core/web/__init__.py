"""Pages: thin blueprints over the services."""

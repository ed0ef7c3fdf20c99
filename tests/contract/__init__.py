"""What must hold for the whole of the source: layers, routes, migrations, catalogues, templates, settings."""

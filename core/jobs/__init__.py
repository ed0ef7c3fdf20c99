"""Work in the background: owed in the database, handed to RQ, done once (design idea 4)."""

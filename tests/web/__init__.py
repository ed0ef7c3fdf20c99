"""The whole product through HTTP: access, sessions, headers, bad input, records."""

"""The rules, the plugin contract and the evidence folder, without a database or a web server."""

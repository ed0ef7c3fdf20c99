"""Rules of the plugin 'anti_fraud_centres'."""

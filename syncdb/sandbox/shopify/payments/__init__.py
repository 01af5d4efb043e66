"""Shopify Payments: what is paid goes to a balance, and from there to the bank."""

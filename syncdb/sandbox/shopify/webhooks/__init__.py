"""Webhooks of the local shop: subscriptions, what their bodies say, and their delivery over HTTP."""

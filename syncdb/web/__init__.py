"""What is served over HTTP: the receiver of webhooks. It shows and does what the services offer, and computes nothing itself."""

"""Configuration: JSON file, `.env`, environment and flags become one typed, checked result. It knows no system and no pair."""

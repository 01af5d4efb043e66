"""Orders that apps make, change, ship and cancel."""

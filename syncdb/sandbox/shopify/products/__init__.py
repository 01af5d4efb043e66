"""The products side of the local shop: catalogue, stock, collections and what may be written to them."""

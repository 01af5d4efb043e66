"""The files of the local shop: pictures, videos and 3D models with their bytes, staged uploads, and what serves them."""

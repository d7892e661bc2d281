"""Static files: their build and the manifest that names what was built."""

"""Masks with lineage, and the networks that drew them; PNG and RLE codec."""

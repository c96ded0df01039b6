"""Probability maps: what a network makes of each pixel of a film, asked for film by film."""

"""Infection maps against activation maps (degerli2021 section III-C).

The encoder of a segmentation network, trained as a classifier, says by Grad-CAM where it looked; the segmentation
network says where it found infection. Both are held against what people drew.
"""

"""Reading, preprocessing, splitting and augmenting chest images; procedural films."""

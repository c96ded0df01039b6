"""Taking a patient out of the installation, and telling who stands behind a pseudonym."""

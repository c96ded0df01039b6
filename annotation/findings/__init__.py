"""What the networks of a lung and an infection project find on films: shares, detection, pictures, courses."""

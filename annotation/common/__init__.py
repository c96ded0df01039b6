"""What every app stands on: base models, domain errors, audit log, pagination."""

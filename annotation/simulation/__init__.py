"""Reviewers who know the truth work a whole project through the same services."""

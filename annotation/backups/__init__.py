"""Copies of database and storage that fit each other, made while people work, and their way back."""

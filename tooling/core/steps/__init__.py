"""What each kind of step wants, and what is missing for it at one look."""

"""What differs between what runs and what values make, and what a change does; pure data in and out."""

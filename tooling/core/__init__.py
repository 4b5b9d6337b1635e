"""Pure decisions: standard library only, frozen data in, frozen data out, time passed in."""

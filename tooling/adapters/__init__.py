"""One outside system per file; third-party exceptions stop here."""

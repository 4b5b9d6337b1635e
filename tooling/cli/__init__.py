"""Commands: parse, call one app function, print, exit code. One file per command group."""

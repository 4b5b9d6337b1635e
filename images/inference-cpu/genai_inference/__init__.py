"""Serves one GGUF model over HTTP with llama.cpp's own server, on CPUs."""

"""Serves GGUF models over HTTP on CPUs: llama.cpp behind a small front that counts and drains."""

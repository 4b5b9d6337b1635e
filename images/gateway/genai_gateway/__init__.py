"""The LLM gateway of genai-stack: one HTTP front for the models of a slot."""

module genai-stack/tests/local/probe

go 1.26

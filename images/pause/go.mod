module genai-stack/images/pause

go 1.26

"""genai-stack: releases a whole GenAI stack on Kubernetes, judged on live metrics."""

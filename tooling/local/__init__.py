"""The embedded cluster: real Kubernetes on one Linux machine, from sources pinned by hash.

It knows nothing of rollouts. `containers` is the runtime; everything else serves it.
"""

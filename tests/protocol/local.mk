# tests/protocol: the real daemon, spoken to over its socket byte by byte
EXTRA_DIST += tests/lib/milter_client.py

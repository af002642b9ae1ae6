# tests/protocol: the real daemon, spoken to over its socket byte by byte
dist_check_SCRIPTS += %D%/run.sh
TESTS += %D%/run.sh
EXTRA_DIST += \
	tests/lib/milter_client.py \
	%D%/conftest.py %D%/harness.py \
	%D%/test_cache.py %D%/test_cached_directory.py %D%/test_changes.py %D%/test_growth.py %D%/test_hostile.py %D%/test_lifecycle.py \
	%D%/test_negotiation.py %D%/test_reports.py %D%/test_state.py %D%/test_tcp.py \
	%D%/test_verdicts.py

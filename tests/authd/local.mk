# tests/authd: the real sendas-authd, spoken to over its sockets
dist_check_SCRIPTS += %D%/run.sh
TESTS += %D%/run.sh
EXTRA_DIST += \
	%D%/authd.py %D%/conftest.py \
	%D%/test_fail2ban.py %D%/test_guessing.py %D%/test_hostile.py \
	%D%/test_lifecycle.py %D%/test_load.py %D%/test_outage.py \
	%D%/test_questions.py %D%/test_verdicts.py

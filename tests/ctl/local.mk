# tests/ctl: sendasctl as an admin and a script see it
dist_check_SCRIPTS += %D%/run.sh
TESTS += %D%/run.sh
EXTRA_DIST += \
	%D%/conftest.py %D%/logged.py %D%/program.py \
	%D%/test_agreement.py %D%/test_check.py %D%/test_completion.py \
	%D%/test_config.py %D%/test_explain.py %D%/test_grants.py %D%/test_import.py \
	%D%/test_init.py %D%/test_manual.py %D%/test_mta_check.py %D%/test_output.py %D%/test_password_terminal.py \
	%D%/test_readme.py %D%/test_replay.py %D%/test_report.py %D%/test_rights.py \
	%D%/test_suggest.py \
	%D%/test_usage.py %D%/test_user.py %D%/test_user_import.py

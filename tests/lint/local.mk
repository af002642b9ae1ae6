# lint: what the tree promises about itself
dist_check_SCRIPTS += %D%/exports.sh %D%/layers.sh %D%/manuals.sh %D%/run.sh
TESTS += %D%/exports.sh %D%/layers.sh %D%/manuals.sh %D%/run.sh
EXTRA_DIST += %D%/test_tally.py

# Every object of a room links with the rooms below it: built, never run.
check_PROGRAMS += %D%/link_base %D%/link_conf %D%/link_mail %D%/link_store %D%/link_map \
	%D%/link_policy %D%/link_cred %D%/link_prog
tests_lint_link_base_SOURCES = %D%/link.c
tests_lint_link_base_LDADD = $(libbase_a_OBJECTS) $(BASE_LIBS)
tests_lint_link_conf_SOURCES = %D%/link.c
tests_lint_link_conf_LDADD = $(libconf_a_OBJECTS) $(CONF_LIBS)
tests_lint_link_mail_SOURCES = %D%/link.c
tests_lint_link_mail_LDADD = $(libmail_a_OBJECTS) $(MAIL_LIBS)
tests_lint_link_store_SOURCES = %D%/link.c
tests_lint_link_store_LDADD = $(libstore_a_OBJECTS) $(STORE_LIBS)
tests_lint_link_map_SOURCES = %D%/link.c
tests_lint_link_map_LDADD = $(libmap_a_OBJECTS) $(MAP_LIBS)
tests_lint_link_policy_SOURCES = %D%/link.c
tests_lint_link_policy_LDADD = $(libpolicy_a_OBJECTS) $(POLICY_LIBS)
tests_lint_link_cred_SOURCES = %D%/link.c
tests_lint_link_cred_LDADD = $(libcred_a_OBJECTS) $(CRED_LIBS)
tests_lint_link_prog_SOURCES = %D%/link.c
tests_lint_link_prog_LDADD = $(libprog_a_OBJECTS) $(PROG_LIBS)

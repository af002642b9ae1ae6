# Whole configurations for a situation each; their tables of cases are tests.
policy_examples = %D%/small-office/README.md %D%/small-office/sendas.conf \
	%D%/small-office/owners %D%/small-office/cases.tsv \
	%D%/small-office/postfix-main.cf %D%/small-office/postfix-master.cf \
	%D%/own-accounts/README.md %D%/own-accounts/authd.conf %D%/own-accounts/smtpd.conf \
	%D%/own-accounts/postfix-main.cf %D%/own-accounts/postfix-master.cf
nobase_dist_doc_DATA = $(policy_examples)

dist_check_SCRIPTS += %D%/check_cases.sh
TESTS += %D%/check_cases.sh
EXTRA_DIST += %D%/check_cases.py

# Whole configurations for a situation each; their tables of cases are tests.
policy_examples = \
	%D%/active-directory/README.md %D%/active-directory/addresses.cf \
	%D%/active-directory/authd.conf %D%/active-directory/cases.tsv \
	%D%/active-directory/directory.ldif %D%/active-directory/groups.cf \
	%D%/active-directory/people.cf %D%/active-directory/sendas.conf %D%/freeipa/README.md \
	%D%/freeipa/addresses.cf %D%/freeipa/authd.conf %D%/freeipa/cases.tsv \
	%D%/freeipa/directory.ldif %D%/freeipa/directory.schema %D%/freeipa/groups.cf \
	%D%/freeipa/people.cf %D%/freeipa/sendas.conf %D%/iredmail/README.md \
	%D%/iredmail/addresses.cf %D%/iredmail/authd.conf %D%/iredmail/cases.tsv \
	%D%/iredmail/directory.ldif %D%/iredmail/directory.schema %D%/iredmail/groups.cf \
	%D%/iredmail/people.cf %D%/iredmail/sendas.conf %D%/openldap/README.md \
	%D%/openldap/addresses.cf %D%/openldap/authd.conf %D%/openldap/cases.tsv \
	%D%/openldap/directory.ldif %D%/openldap/groups.cf %D%/openldap/people.cf \
	%D%/openldap/sendas.conf %D%/own-accounts/README.md %D%/own-accounts/authd.conf \
	%D%/own-accounts/postfix-main.cf %D%/own-accounts/postfix-master.cf \
	%D%/own-accounts/smtpd.conf %D%/small-office/README.md %D%/small-office/cases.tsv \
	%D%/small-office/owners %D%/small-office/postfix-main.cf \
	%D%/small-office/postfix-master.cf %D%/small-office/sendas.conf
nobase_dist_doc_DATA = $(policy_examples)

dist_check_SCRIPTS += %D%/check_cases.sh
TESTS += %D%/check_cases.sh
EXTRA_DIST += %D%/check_cases.py

# Whole configurations for a situation each; their tables of cases are tests.
policy_examples = \
	%D%/active-directory/README.md %D%/active-directory/addresses.cf \
	%D%/active-directory/authd.conf %D%/active-directory/cases.tsv \
	%D%/active-directory/directory.ldif %D%/active-directory/groups.cf \
	%D%/active-directory/people.cf %D%/active-directory/sendas.conf \
	%D%/behind-proxy/README.md %D%/behind-proxy/cases.tsv %D%/behind-proxy/haproxy.cfg \
	%D%/behind-proxy/nginx.conf %D%/behind-proxy/owners %D%/behind-proxy/postfix-main.cf \
	%D%/behind-proxy/postfix-master.cf %D%/behind-proxy/sendas.conf %D%/devices/README.md \
	%D%/devices/cases.tsv %D%/devices/owners %D%/devices/postfix-main.cf \
	%D%/devices/postfix-master.cf %D%/devices/sendas.conf %D%/devices/sendmail.mc \
	%D%/dkim-signing/README.md %D%/dkim-signing/assistants %D%/dkim-signing/cases.tsv \
	%D%/dkim-signing/groups %D%/dkim-signing/opendkim.conf %D%/dkim-signing/owners \
	%D%/dkim-signing/postfix-main.cf %D%/dkim-signing/postfix-master.cf \
	%D%/dkim-signing/sendas.conf %D%/dkim-signing/sendmail.mc %D%/dovecot/README.md %D%/dovecot/cases.tsv \
	%D%/dovecot/dovecot.conf %D%/dovecot/owners %D%/dovecot/postfix-main.cf \
	%D%/dovecot/postfix-master.cf %D%/dovecot/sendas.conf %D%/exim/README.md \
	%D%/exim/authd.conf %D%/exim/cases.tsv %D%/exim/exim.conf %D%/exim/owners \
	%D%/exim/sasl-exim.conf %D%/exim/sendas-exim %D%/exim/sendas.conf \
	%D%/freeipa/README.md %D%/freeipa/addresses.cf %D%/freeipa/authd.conf \
	%D%/freeipa/cases.tsv %D%/freeipa/directory.ldif %D%/freeipa/directory.schema \
	%D%/freeipa/groups.cf %D%/freeipa/people.cf %D%/freeipa/sendas.conf \
	%D%/iredmail/README.md %D%/iredmail/addresses.cf %D%/iredmail/authd.conf \
	%D%/iredmail/cases.tsv %D%/iredmail/directory.ldif %D%/iredmail/directory.schema \
	%D%/iredmail/groups.cf %D%/iredmail/people.cf %D%/iredmail/sendas.conf \
	%D%/isp/README.md %D%/isp/alias-domains %D%/isp/blocked %D%/isp/cases.tsv \
	%D%/isp/groups %D%/isp/owners %D%/isp/postfix-main.cf %D%/isp/postfix-master.cf \
	%D%/isp/sendas.conf %D%/isp/sendmail.mc %D%/mailbox-server/README.md \
	%D%/mailbox-server/cases.tsv %D%/mailbox-server/owners \
	%D%/mailbox-server/postfix-main.cf %D%/mailbox-server/postfix-master.cf \
	%D%/mailbox-server/sendas.conf %D%/mailbox-server/sendmail.mc \
	%D%/monitor-first/README.md %D%/monitor-first/cases.tsv \
	%D%/monitor-first/postfix-main.cf %D%/monitor-first/postfix-master.cf \
	%D%/monitor-first/sendas.conf %D%/monitor-first/sender_logins \
	%D%/monitor-first/sendmail.mc %D%/newsletter/README.md %D%/newsletter/cases.tsv \
	%D%/newsletter/owners %D%/newsletter/postfix-main.cf %D%/newsletter/postfix-master.cf \
	%D%/newsletter/sendas.conf %D%/newsletter/sendmail.mc %D%/openldap/README.md \
	%D%/openldap/addresses.cf %D%/openldap/authd.conf %D%/openldap/cases.tsv \
	%D%/openldap/directory.ldif %D%/openldap/groups.cf %D%/openldap/people.cf \
	%D%/openldap/sendas.conf %D%/own-accounts/README.md %D%/own-accounts/authd.conf \
	%D%/own-accounts/postfix-main.cf %D%/own-accounts/postfix-master.cf \
	%D%/own-accounts/sendmail.mc %D%/own-accounts/smtpd.conf %D%/postfixadmin/README.md \
	%D%/postfixadmin/alias-domains.cf %D%/postfixadmin/cases.tsv \
	%D%/postfixadmin/more-owners %D%/postfixadmin/owners.cf \
	%D%/postfixadmin/postfix-main.cf %D%/postfixadmin/postfix-master.cf \
	%D%/postfixadmin/postfixadmin.sql %D%/postfixadmin/sendas.conf \
	%D%/postfixadmin/sendmail.mc %D%/shared-mailboxes/README.md \
	%D%/shared-mailboxes/assistants %D%/shared-mailboxes/cases.tsv \
	%D%/shared-mailboxes/groups %D%/shared-mailboxes/owners \
	%D%/shared-mailboxes/postfix-main.cf %D%/shared-mailboxes/postfix-master.cf \
	%D%/shared-mailboxes/redirect %D%/shared-mailboxes/sendas.conf \
	%D%/shared-mailboxes/sendmail.mc %D%/small-office/README.md %D%/small-office/cases.tsv \
	%D%/small-office/owners %D%/small-office/postfix-main.cf \
	%D%/small-office/postfix-master.cf %D%/small-office/sendas.conf \
	%D%/small-office/sendmail.mc %D%/university/README.md %D%/university/cases.tsv \
	%D%/university/groups %D%/university/names.pcre %D%/university/owners \
	%D%/university/postfix-main.cf %D%/university/postfix-master.cf \
	%D%/university/redirect %D%/university/secretaries %D%/university/sendas.conf \
	%D%/university/sendmail.mc %D%/web-hosting/README.md %D%/web-hosting/cases.tsv \
	%D%/web-hosting/groups %D%/web-hosting/owners %D%/web-hosting/postfix-main.cf \
	%D%/web-hosting/postfix-master.cf %D%/web-hosting/sendas.conf \
	%D%/web-hosting/sendmail.mc
nobase_dist_doc_DATA = $(policy_examples)

dist_check_SCRIPTS += %D%/check_cases.sh
TESTS += %D%/check_cases.sh
EXTRA_DIST += %D%/check_cases.py

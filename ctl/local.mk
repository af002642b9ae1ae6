# ctl: sendasctl, the admin's tool
sbin_PROGRAMS += sendasctl
sendasctl_SOURCES = \
	%D%/account_login.c %D%/account_login.h \
	%D%/app_passwords.h \
	%D%/auth_site.c %D%/auth_site.h \
	%D%/authd_inspect.c %D%/authd_inspect.h \
	%D%/caret.c %D%/caret.h \
	%D%/cmd_check.c \
	%D%/cmd_config.c \
	%D%/cmd_config_diff.c \
	%D%/cmd_explain.c \
	%D%/cmd_export.c \
	%D%/cmd_grant.c \
	%D%/cmd_grants.c \
	%D%/cmd_group.c \
	%D%/cmd_import.c \
	%D%/cmd_init.c \
	%D%/cmd_milter.c \
	%D%/cmd_map.c \
	%D%/cmd_mta_check.c \
	%D%/cmd_reasons.c \
	%D%/cmd_report.c \
	%D%/cmd_suggest.c \
	%D%/cmd_user.c \
	%D%/cmd_user_app.c \
	%D%/cmd_user_list.c \
	%D%/cmd_user_locks.c \
	%D%/command.h \
	%D%/decisions_diff.c %D%/decisions_diff.h %D%/decisions_diff_print.c \
	%D%/explain.h %D%/explain_json.c %D%/explain_text.c \
	%D%/file_inspect.c %D%/file_inspect.h \
	%D%/format.c %D%/format.h \
	%D%/hash_many.c %D%/hash_many.h \
	%D%/help.c %D%/help.h \
	%D%/import_accounts.c %D%/import_accounts.h \
	%D%/import_grants.c \
	%D%/import_sasldb.c \
	%D%/import_sqlite.c \
	%D%/input.c %D%/input.h \
	%D%/json.c %D%/json.h \
	%D%/locks.c %D%/locks.h \
	%D%/log_entry.c %D%/log_entry.h \
	%D%/log_journal.c %D%/log_journal.h \
	%D%/log_prefix.c %D%/log_prefix.h \
	%D%/log_read.c %D%/log_read.h \
	%D%/main.c \
	%D%/message.c %D%/message.h \
	%D%/milter_spec.c %D%/milter_spec.h \
	%D%/mta_checks.c %D%/mta_checks.h %D%/mta_finding.h \
	%D%/mta_header_checks.c %D%/mta_header_checks.h \
	%D%/mta_socket.c %D%/mta_socket.h \
	%D%/options.c %D%/options.h \
	%D%/output.c %D%/output.h \
	%D%/owners.c %D%/owners.h \
	%D%/password_choose.c %D%/password_choose.h \
	%D%/password_read.c %D%/password_read.h \
	%D%/password_rules.c %D%/password_rules.h \
	%D%/policy_inspect.c %D%/policy_inspect.h \
	%D%/postconf.c %D%/postconf.h \
	%D%/postconf_run.c %D%/postconf_run.h \
	%D%/progress.c %D%/progress.h \
	%D%/records.c %D%/records.h \
	%D%/report.c %D%/report.h %D%/report_json.c %D%/report_text.c \
	%D%/rule_cover.c %D%/rule_cover.h \
	%D%/replay.c %D%/replay.h \
	%D%/sendmail_cf.c %D%/sendmail_cf.h \
	%D%/sendmail_checks.c %D%/sendmail_checks.h \
	%D%/shell.c %D%/shell.h \
	%D%/site.c %D%/site.h \
	%D%/source.h \
	%D%/source_csv.c \
	%D%/source_passwd.c \
	%D%/source_sasldb.c \
	%D%/suggest.c %D%/suggest.h %D%/suggest_json.c %D%/suggest_judge.c \
	%D%/suggest_text.c \
	%D%/table.c %D%/table.h \
	%D%/tool.c %D%/tool.h \
	%D%/when.c %D%/when.h
sendasctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(PWQUALITY_CFLAGS)
sendasctl_LDFLAGS = $(LDFLAGS_EXE)
sendasctl_LDADD = $(POLICY_LIBS) $(CRED_LIBS) $(PROG_LIBS) $(WIRE_LIBS) \
	$(JANSSON_LIBS) $(PWQUALITY_LIBS)

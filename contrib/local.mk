# contrib: what fits sendas into a system; the units know where configure puts things
systemd_units = \
	%D%/systemd/sendas-authd.service \
	%D%/systemd/sendas-milter.service
EXTRA_DIST += $(systemd_units:=.in)
CLEANFILES += $(systemd_units)

# One command for all of them: every unit has a rule of its own that begins with it.
UNIT_MAKE = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) \
	-e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@localstatedir[@]|$(localstatedir)|g' \
	-e 's|@runstatedir[@]|$(runstatedir)|g'
%D%/systemd/sendas-authd.service: %D%/systemd/sendas-authd.service.in Makefile
	$(UNIT_MAKE) $(srcdir)/%D%/systemd/sendas-authd.service.in >$@.tmp && mv $@.tmp $@
%D%/systemd/sendas-milter.service: %D%/systemd/sendas-milter.service.in Makefile
	$(UNIT_MAKE) $(srcdir)/%D%/systemd/sendas-milter.service.in >$@.tmp && mv $@.tmp $@

EXTRA_DIST += %D%/systemd/sendas-authd-ldap.conf

if INSTALL_UNITS
nodist_systemdsystemunit_DATA = $(systemd_units)
# To be copied into /etc/systemd/system/sendas-authd.service.d by who uses it.
unitexamplesdir = $(pkgdatadir)/systemd
dist_unitexamples_DATA = %D%/systemd/sendas-authd-ldap.conf
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = %D%/sysusers.d/sendas.conf
endif

# To be copied into /etc/fail2ban by who uses it.
fail2banfilterdir = $(pkgdatadir)/fail2ban/filter.d
dist_fail2banfilter_DATA = %D%/fail2ban/filter.d/sendas-authd.conf
fail2banjaildir = $(pkgdatadir)/fail2ban/jail.d
dist_fail2banjail_DATA = %D%/fail2ban/jail.d/sendas-authd.conf

# To be included, or loaded, by who keeps SCRAM verifiers in a directory.
ldapschemadir = $(pkgdatadir)/ldap
dist_ldapschema_DATA = \
	%D%/ldap/authpassword.ldif \
	%D%/ldap/authpassword.schema

# bash looks a command's completion up by its name.
bashcompletiondir = $(datadir)/bash-completion/completions
EXTRA_DIST += %D%/completion/sendasctl.bash
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(bashcompletiondir)
	$(INSTALL_DATA) $(srcdir)/%D%/completion/sendasctl.bash \
		$(DESTDIR)$(bashcompletiondir)/sendasctl
uninstall-local:
	rm -f $(DESTDIR)$(bashcompletiondir)/sendasctl

# contrib: what fits sendas into a system; the units know where configure puts things
systemd_units = %D%/systemd/sendas-milter.service
EXTRA_DIST += \
	%D%/systemd/sendas-milter.service.in
CLEANFILES += $(systemd_units)

%D%/systemd/sendas-milter.service: %D%/systemd/sendas-milter.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) \
	    -e 's|@sbindir[@]|$(sbindir)|g' \
	    -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	    -e 's|@localstatedir[@]|$(localstatedir)|g' \
	    -e 's|@runstatedir[@]|$(runstatedir)|g' \
	    $(srcdir)/%D%/systemd/sendas-milter.service.in >$@.tmp && mv $@.tmp $@

if INSTALL_UNITS
nodist_systemdsystemunit_DATA = $(systemd_units)
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = %D%/sysusers.d/sendas.conf
endif

# bash looks a command's completion up by its name.
bashcompletiondir = $(datadir)/bash-completion/completions
EXTRA_DIST += %D%/completion/sendasctl.bash
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(bashcompletiondir)
	$(INSTALL_DATA) $(srcdir)/%D%/completion/sendasctl.bash \
		$(DESTDIR)$(bashcompletiondir)/sendasctl
uninstall-local:
	rm -f $(DESTDIR)$(bashcompletiondir)/sendasctl

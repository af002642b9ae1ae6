# libsendas.so: the SASL plugin; the only room that knows libsasl
saslplugin_LTLIBRARIES = libsendas.la
libsendas_la_SOURCES = \
	%D%/ask.c \
	%D%/canon.c \
	%D%/lookup.c \
	%D%/options.c %D%/options.h \
	%D%/plugin.c %D%/plugin.h \
	%D%/store.c
libsendas_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
libsendas_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-export-symbols $(srcdir)/%D%/plugin.sym
libsendas_la_LIBADD = $(WIRE_LIBS)
libsendas_la_DEPENDENCIES = $(WIRE_LIBS) %D%/plugin.sym
EXTRA_DIST += %D%/plugin.sym

# libsasl2 would take the .la file for another plugin.
install-data-hook: remove-plugin-la
remove-plugin-la: install-saslpluginLTLIBRARIES
	rm -f $(DESTDIR)$(saslplugindir)/libsendas.la
uninstall-hook:
	rm -f $(DESTDIR)$(saslplugindir)/libsendas.so
.PHONY: remove-plugin-la

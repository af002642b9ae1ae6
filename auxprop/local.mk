# libsendas.so: the SASL plugin; the only room that knows libsasl. One shared object that is
# loaded and never linked with does not need libtool; what it has of wire is compiled for it.
saslplugin_PROGRAMS = libsendas.so
libsendas_so_SOURCES = \
	%D%/ask.c \
	%D%/canon.c \
	%D%/lookup.c \
	%D%/options.c %D%/options.h \
	%D%/plugin.c %D%/plugin.h \
	%D%/store.c \
	$(wire_sources)
libsendas_so_CFLAGS = $(AM_CFLAGS) -fPIC -fvisibility=hidden
libsendas_so_LDFLAGS = $(AM_LDFLAGS) -shared -Wl,-soname,libsendas.so \
	-Wl,--version-script=$(srcdir)/%D%/plugin.map
libsendas_so_DEPENDENCIES = %D%/plugin.map
EXTRA_DIST += %D%/plugin.map

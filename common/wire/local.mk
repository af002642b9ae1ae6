# wire: what sendas-authd and those who ask it say to each other; libc and nothing else
noinst_LTLIBRARIES += libwire.la
libwire_la_SOURCES = \
	%D%/wire.c %D%/wire.h \
	%D%/wire_client.c %D%/wire_client.h
libwire_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden

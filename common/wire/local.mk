# wire: what sendas-authd and those who ask it say to each other; libc and nothing else
noinst_LIBRARIES += libwire.a
wire_sources = \
	common/wire/wire.c common/wire/wire.h \
	common/wire/wire_client.c common/wire/wire_client.h
libwire_a_SOURCES = $(wire_sources)

# mail: the text of the RFCs; pure
noinst_LTLIBRARIES += libmail.la
libmail_la_SOURCES = \
	%D%/address.h \
	%D%/login.c %D%/login.h \
	%D%/mailbox_list.h \
	%D%/reason.c %D%/reason.h \
	%D%/received.c %D%/received.h \
	%D%/tls_cipher.c %D%/tls_cipher.h
libmail_la_CPPFLAGS = $(AM_CPPFLAGS) $(IDN2_CFLAGS)
libmail_la_LIBADD = libbase.la $(IDN2_LIBS) $(UNISTRING_LIBS)

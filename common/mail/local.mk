# mail: the text of the RFCs; pure
noinst_LIBRARIES += libmail.a
libmail_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/alike.c %D%/alike.h \
	%D%/charset.c %D%/charset.h \
	%D%/compose.c %D%/compose.h \
	%D%/display_name.c %D%/display_name.h \
	%D%/encoded_word.c %D%/encoded_word.h \
	%D%/login.c %D%/login.h \
	%D%/mailbox_list.c %D%/mailbox_list.h \
	%D%/reason.c %D%/reason.h \
	%D%/received.c %D%/received.h \
	%D%/results.c %D%/results.h \
	%D%/tls_cipher.c %D%/tls_cipher.h \
	%D%/token.c %D%/token.h \
	%D%/xtext.c %D%/xtext.h
libmail_a_CPPFLAGS = $(AM_CPPFLAGS) $(IDN2_CFLAGS)

# policy: facts in, verdict out
noinst_LIBRARIES += libpolicy.a
libpolicy_a_SOURCES = \
	%D%/act.c \
	%D%/check.c %D%/check.h \
	%D%/check_envelope.c \
	%D%/check_fields.c \
	%D%/delegate.c \
	%D%/facts.c %D%/facts.h \
	%D%/header.c %D%/header.h \
	%D%/outside.c \
	%D%/own_address.c \
	%D%/owner.c %D%/owner.h \
	%D%/owner_maps.c %D%/owner_maps.h \
	%D%/place.h \
	%D%/policy.c %D%/policy.h \
	%D%/record.c %D%/record.h \
	%D%/reply.c \
	%D%/rewrite.c \
	%D%/rules.c %D%/rules.h \
	%D%/verdict.c %D%/verdict.h


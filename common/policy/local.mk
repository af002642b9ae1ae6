# policy: facts in, verdict out
noinst_LIBRARIES += libpolicy.a
libpolicy_a_SOURCES = \
	%D%/facts.c %D%/facts.h \
	%D%/owner.c %D%/owner.h \
	%D%/owner_maps.c %D%/owner_maps.h \
	%D%/place.h \
	%D%/policy.c %D%/policy.h \
	%D%/record.c %D%/record.h \
	%D%/rules.c %D%/rules.h \
	%D%/verdict.c %D%/verdict.h


# tests/bench: what a login costs (as root; needs libsasl2-modules-sql and db5.3-util)
check_PROGRAMS += tests/bench/sasl_rate
tests_bench_sasl_rate_SOURCES = %D%/sasl_rate.c
tests_bench_sasl_rate_LDADD = -lsasl2
EXTRA_DIST += %D%/auth.py %D%/auth_ldap.py

bench-auth: all tests/bench/sasl_rate$(EXEEXT)
	$(PYTHON3) $(srcdir)/%D%/auth.py --build . $(BENCH_FLAGS)
.PHONY: bench-auth

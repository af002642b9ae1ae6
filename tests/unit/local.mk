# Unit tests, one program a tested file; `make check` runs them where cmocka is installed.
UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib $(CMOCKA_CFLAGS) \
	-DTEST_DATA='"$(abs_top_srcdir)/tests/data"'
unit_programs =
if HAVE_CMOCKA
check_PROGRAMS += $(unit_programs)
TESTS += $(unit_programs)
endif

include %D%/base/local.mk
include %D%/conf/local.mk
include %D%/mail/local.mk
include %D%/store/local.mk
include %D%/ldap/local.mk
include %D%/map/local.mk
include %D%/policy/local.mk
include %D%/prog/local.mk
include %D%/cred/local.mk
include %D%/wire/local.mk
include %D%/authd/local.mk
include %D%/milter/local.mk
include %D%/ctl/local.mk

# Those that start threads: what the thread sanitizer is for.
threaded_programs = \
	tests/unit/base/test_cache tests/unit/base/test_pool \
	tests/unit/cred/test_accounts_reader tests/unit/cred/test_cred \
	tests/unit/map/test_map tests/unit/map/test_map_file tests/unit/map/test_map_pcre \
	tests/unit/map/test_sqlite_pool \
	tests/unit/prog/test_log tests/unit/prog/test_snapshot

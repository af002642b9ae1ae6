# unit tests of base
BASE_TEST_LIBS = $(BASE_LIBS) $(CMOCKA_LIBS)

unit_programs += tests/unit/base/test_arena tests/unit/base/test_buf tests/unit/base/test_cache tests/unit/base/test_escape tests/unit/base/test_hash tests/unit/base/test_names tests/unit/base/test_network tests/unit/base/test_pool tests/unit/base/test_secret tests/unit/base/test_siphash
tests_unit_base_test_arena_SOURCES = %D%/test_arena.c
tests_unit_base_test_arena_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_arena_LDADD = $(BASE_TEST_LIBS)
tests_unit_base_test_buf_SOURCES = %D%/test_buf.c
tests_unit_base_test_buf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_buf_LDADD = $(BASE_TEST_LIBS)
tests_unit_base_test_escape_SOURCES = %D%/test_escape.c
tests_unit_base_test_escape_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_escape_LDADD = $(BASE_TEST_LIBS)
tests_unit_base_test_hash_SOURCES = %D%/test_hash.c
tests_unit_base_test_hash_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_hash_LDADD = $(BASE_TEST_LIBS)
tests_unit_base_test_names_SOURCES = %D%/test_names.c
tests_unit_base_test_names_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_names_LDADD = $(BASE_TEST_LIBS)
tests_unit_base_test_network_SOURCES = %D%/test_network.c
tests_unit_base_test_network_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_network_LDADD = $(BASE_TEST_LIBS)
tests_unit_base_test_pool_SOURCES = %D%/test_pool.c
tests_unit_base_test_pool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_pool_LDADD = $(BASE_TEST_LIBS)
tests_unit_base_test_secret_SOURCES = %D%/test_secret.c
tests_unit_base_test_secret_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_secret_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=free
tests_unit_base_test_secret_LDADD = $(BASE_TEST_LIBS)
tests_unit_base_test_cache_SOURCES = %D%/test_cache.c
tests_unit_base_test_cache_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_cache_LDADD = $(BASE_TEST_LIBS)
tests_unit_base_test_siphash_SOURCES = %D%/test_siphash.c
tests_unit_base_test_siphash_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_siphash_LDADD = $(BASE_TEST_LIBS)

# unit tests of store
unit_programs += tests/unit/store/test_store
tests_unit_store_test_store_SOURCES = %D%/test_store.c tests/lib/tempdir.h
tests_unit_store_test_store_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_store_test_store_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/store/test_store_schema
tests_unit_store_test_store_schema_SOURCES = %D%/test_store_schema.c tests/lib/tempdir.h
tests_unit_store_test_store_schema_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_store_test_store_schema_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

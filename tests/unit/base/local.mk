# unit tests of base
unit_programs += tests/unit/base/test_buf
tests_unit_base_test_buf_SOURCES = %D%/test_buf.c
tests_unit_base_test_buf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_buf_LDADD = libbase.la $(CMOCKA_LIBS)

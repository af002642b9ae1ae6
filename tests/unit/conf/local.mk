# unit tests of conf
unit_programs += \
	tests/unit/conf/test_conf_load \
	tests/unit/conf/test_endpoint
tests_unit_conf_test_conf_load_SOURCES = %D%/test_conf_load.c
tests_unit_conf_test_conf_load_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_conf_test_conf_load_LDADD = libconf.la $(CMOCKA_LIBS)
tests_unit_conf_test_endpoint_SOURCES = %D%/test_endpoint.c
tests_unit_conf_test_endpoint_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_conf_test_endpoint_LDADD = libconf.la $(CMOCKA_LIBS)

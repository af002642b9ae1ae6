# unit tests of wire
WIRE_TEST_LIBS = $(WIRE_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/wire/test_wire
tests_unit_wire_test_wire_SOURCES = %D%/test_wire.c
tests_unit_wire_test_wire_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_wire_test_wire_LDADD = $(WIRE_TEST_LIBS)
unit_programs += tests/unit/wire/test_wire_client
tests_unit_wire_test_wire_client_SOURCES = %D%/test_wire_client.c
tests_unit_wire_test_wire_client_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_wire_test_wire_client_LDADD = $(WIRE_TEST_LIBS)

# mapquery: a map on the command line, for the comparison with postmap and for measuring
check_PROGRAMS += tests/lib/mapquery
tests_lib_mapquery_SOURCES = tests/lib/mapquery.c
tests_lib_mapquery_LDFLAGS = $(LDFLAGS_EXE)
tests_lib_mapquery_LDADD = $(MAP_LIBS)

map_test_ldadd = $(MAP_LIBS) $(CMOCKA_LIBS)
unit_programs += tests/unit/map/test_map
tests_unit_map_test_map_SOURCES = %D%/test_map.c tests/lib/tempdir.h
tests_unit_map_test_map_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_map_test_map_LDADD = $(map_test_ldadd)
unit_programs += tests/unit/map/test_map_file
tests_unit_map_test_map_file_SOURCES = %D%/test_map_file.c tests/lib/tempdir.h
tests_unit_map_test_map_file_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_map_test_map_file_LDADD = $(map_test_ldadd)
unit_programs += tests/unit/map/test_map_params
tests_unit_map_test_map_params_SOURCES = %D%/test_map_params.c tests/lib/tempdir.h
tests_unit_map_test_map_params_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_map_test_map_params_LDADD = $(map_test_ldadd)
if HAVE_PCRE
unit_programs += tests/unit/map/test_map_pcre
endif
tests_unit_map_test_map_pcre_SOURCES = %D%/test_map_pcre.c tests/lib/tempdir.h
tests_unit_map_test_map_pcre_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_map_test_map_pcre_LDADD = $(map_test_ldadd)
unit_programs += tests/unit/map/test_map_sql
tests_unit_map_test_map_sql_SOURCES = %D%/test_map_sql.c
tests_unit_map_test_map_sql_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_map_test_map_sql_LDADD = $(map_test_ldadd)
unit_programs += tests/unit/map/test_map_sqlite
tests_unit_map_test_map_sqlite_SOURCES = %D%/test_map_sqlite.c tests/lib/tempdir.h
tests_unit_map_test_map_sqlite_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_map_test_map_sqlite_LDADD = $(map_test_ldadd)
unit_programs += tests/unit/map/test_map_template
tests_unit_map_test_map_template_SOURCES = %D%/test_map_template.c
tests_unit_map_test_map_template_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_map_test_map_template_LDADD = $(map_test_ldadd)
unit_programs += tests/unit/map/test_sqlite_pool
tests_unit_map_test_sqlite_pool_SOURCES = %D%/test_sqlite_pool.c tests/lib/tempdir.h
tests_unit_map_test_sqlite_pool_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_map_test_sqlite_pool_LDADD = $(map_test_ldadd)
if HAVE_LDAP
unit_programs += tests/unit/map/test_ldap_params
endif
tests_unit_map_test_ldap_params_SOURCES = %D%/test_ldap_params.c tests/lib/tempdir.h
tests_unit_map_test_ldap_params_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_map_test_ldap_params_LDADD = $(map_test_ldadd)
if HAVE_LDAP
unit_programs += tests/unit/map/test_ldap_filter
endif
tests_unit_map_test_ldap_filter_SOURCES = %D%/test_ldap_filter.c
tests_unit_map_test_ldap_filter_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_map_test_ldap_filter_LDADD = $(map_test_ldadd)
if HAVE_LDAP
unit_programs += tests/unit/map/test_ldap_judge
endif
tests_unit_map_test_ldap_judge_SOURCES = %D%/test_ldap_judge.c
tests_unit_map_test_ldap_judge_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_map_test_ldap_judge_LDADD = $(map_test_ldadd)
unit_programs += tests/unit/map/test_manual
tests_unit_map_test_manual_SOURCES = %D%/test_manual.c tests/lib/tempdir.h
tests_unit_map_test_manual_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DTEST_MANUAL='"$(abs_top_srcdir)/man/sendas-maps.5"'
tests_unit_map_test_manual_LDADD = $(map_test_ldadd)

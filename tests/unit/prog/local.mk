# unit tests of prog

# unit tests of milter

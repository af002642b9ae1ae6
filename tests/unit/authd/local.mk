# unit tests of authd

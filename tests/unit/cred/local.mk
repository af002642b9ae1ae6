# unit tests of cred

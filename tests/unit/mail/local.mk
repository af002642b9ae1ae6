# unit tests of mail
include %D%/received.mk

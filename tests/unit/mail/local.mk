# unit tests of mail
include %D%/received.mk
include %D%/reader.mk
include %D%/reason.mk
include %D%/compose.mk

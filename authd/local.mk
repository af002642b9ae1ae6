# sendas-authd: the credential daemon

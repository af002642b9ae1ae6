# policy: facts in, verdict out

# policy-examples

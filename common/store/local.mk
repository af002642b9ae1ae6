# store: the embedded grants file

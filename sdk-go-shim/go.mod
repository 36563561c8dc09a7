module spin.test/spinhttp

go 1.24.0

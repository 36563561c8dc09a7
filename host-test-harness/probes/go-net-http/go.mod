module nethttp

go 1.24.0

require spin.test/spinhttp v0.0.0

replace spin.test/spinhttp => ../../../sdk-go-shim

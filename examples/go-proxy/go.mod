module go-proxy

go 1.24.0

require spin.test/spinhttp v0.0.0

// The module has no public home yet.
replace spin.test/spinhttp => ../../sdk-go-shim

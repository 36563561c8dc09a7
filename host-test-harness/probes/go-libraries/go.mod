module libraries

go 1.24.0

require (
	github.com/carlmjohnson/requests v0.23.5
	github.com/google/go-github/v66 v66.0.0
	spin.test/spinhttp v0.0.0
)

require (
	github.com/google/go-querystring v1.1.0 // indirect
	golang.org/x/net v0.15.0 // indirect
)

replace spin.test/spinhttp => ../../../sdk-go-shim

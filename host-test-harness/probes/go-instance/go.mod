module instance

go 1.25.0

require (
	github.com/tetratelabs/wazero v1.12.0
	spin.test/spinhttp v0.0.0
)

require golang.org/x/sys v0.44.0 // indirect

replace spin.test/spinhttp => ../../../sdk-go-shim

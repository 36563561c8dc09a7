package spinhttp

import "net/http"

// fieldsOfSpin describe a request: its route and its client. Spin appends them to the fields that the client has sent.
var fieldsOfSpin = []string{
	"Spin-Path-Info", "Spin-Full-Url", "Spin-Matched-Route", "Spin-Base-Path", "Spin-Raw-Component-Route",
	"Spin-Component-Route", "Spin-Client-Addr",
}

// clientAddress is the client's address that Spin reports. It removes from the header what a client has sent in place of
// Spin's own fields.
func clientAddress(header http.Header) string {
	for _, name := range fieldsOfSpin {
		if values := header[name]; len(values) > 1 {
			header[name] = values[len(values)-1:]
		}
	}
	return header.Get("Spin-Client-Addr")
}

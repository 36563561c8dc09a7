package spinhttp

// Forget lets the next test register a handler.
func Forget() { registered = nil }

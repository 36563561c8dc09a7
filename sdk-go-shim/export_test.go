package spinhttp

// Forget unregisters the handler, so that the next test can register another.
func Forget() { registered = nil }

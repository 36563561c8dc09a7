//go:build !wasip1

package register

import "net/http"

func on(*http.Transport) {}

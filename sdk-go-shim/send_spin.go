//go:build !(wasip1 && wasihttp)

package spinhttp

import (
	"net/http"

	"spin.test/spinhttp/internal/wit"
)

// follow sends a request of Get, Post or Send. The host follows redirects.
func follow(op string, request *http.Request) (*http.Response, error) {
	return send(op, request)
}

// hostFollowsRedirects reports whether a client leaves redirects to the host.
const hostFollowsRedirects = true

func send(op string, request *http.Request) (*http.Response, error) {
	defer closeRequestBody(request)
	if err := check(op, request); err != nil {
		return nil, err
	}
	wireRequest, refused := requestToWire(request)
	// The context may have expired while the body was read.
	if err := ended(request); err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, refused.about(op, request)
	}
	if wit.SendRequest == nil {
		return nil, (&invalid{kind: KindNoHost}).about(op, request)
	}
	wireRequest.HasEnded = func() bool { return ended(request) != nil }
	wireResponse, code := wit.SendRequest(wireRequest)
	if err := ended(request); err != nil {
		return nil, err
	}
	if wireResponse == nil {
		return nil, (&invalid{kind: kindFromWire(code)}).about(op, request)
	}
	response, refused := responseFromWire(wireResponse, request)
	if refused != nil {
		return nil, refused.about(op, request)
	}
	return response, nil
}

// kindFromWire converts an error code of the host.
func kindFromWire(code wit.HTTPError) Kind {
	switch code {
	case wit.ErrorDestinationNotAllowed:
		return KindDestinationNotAllowed
	case wit.ErrorInvalidURL:
		return KindInvalidURL
	case wit.ErrorRequestError:
		return KindRequestError
	case wit.ErrorRuntimeError:
		return KindRuntimeError
	case wit.ErrorTooManyRequests:
		return KindTooManyRequests
	case wit.ErrorSuccess:
		return KindInvalidResponse // A host never returns this code as an error.
	default:
		return KindInvalidResponse // The canonical ABI traps on any other number.
	}
}

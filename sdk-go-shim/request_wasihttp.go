//go:build wasip1 && wasihttp

package spinhttp

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"spin.test/spinhttp/internal/wit/wasihttp"
)

// connectionFields are the fields that the host sets itself, as the documentation of the package says.
var connectionFields = []string{"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}

// requestToOutgoing converts an outbound request without its body. The length is that of the body, or -1 if it is not
// known.
func requestToOutgoing(request *http.Request, hasBody bool, length int64) (*wasihttp.Request, *invalid) {
	outgoing := &wasihttp.Request{Method: methodOf(request), HasBody: hasBody}
	if !isToken(outgoing.Method) {
		return nil, methodNotToken(outgoing.Method)
	}
	if outgoing.Method == http.MethodConnect {
		return nil, methodConnect
	}
	if refused := setTarget(outgoing, request); refused != nil {
		return nil, refused
	}
	headers, refused := headersToHost(headerToSend(request))
	if refused != nil {
		return nil, refused
	}
	headers = withoutConnection(headers)
	headers = slices.DeleteFunc(headers, func(field wasihttp.Header) bool {
		return field.Name == "host" && field.Value == outgoing.Authority
	})
	headers = withoutInbound(headers, int(length))
	if request.Response != nil && !hasBody {
		// A client that follows a redirect has dropped the body, but not its length.
		headers = slices.DeleteFunc(headers, func(field wasihttp.Header) bool { return field.Name == "content-length" })
	}
	if len(request.Trailer) > 0 {
		if !hasBody {
			return nil, trailersWithoutBody
		}
		names := strings.Join(slices.Sorted(maps.Keys(request.Trailer)), ", ")
		headers = append(headers, wasihttp.Header{Name: "trailer", Value: names})
		length = -1 // Only a framing without length has room for trailers.
	}
	if !hasBody && length < 0 {
		// Content-Length is not sent then, but an entry of Request.Header must agree.
		if _, refused := withLength(headers, 0); refused != nil {
			return nil, refused
		}
	}
	outgoing.Headers, refused = withLength(headers, length)
	return outgoing, refused
}

// setTarget converts the URL.
func setTarget(outgoing *wasihttp.Request, request *http.Request) *invalid {
	uri, refused := uriToWire(request)
	if refused != nil {
		return refused
	}
	outgoing.Path = uri
	if !strings.HasPrefix(uri, "/") {
		scheme, rest, ok := strings.Cut(uri, "://")
		if !ok || request.URL.Host != "" && request.URL.Hostname() == "" {
			return urlNotAbsolute.with()
		}
		scheme = strings.ToLower(scheme)
		if scheme != "http" && scheme != "https" {
			return &invalid{kind: KindDestinationNotAllowed}
		}
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			slash = len(rest)
		}
		outgoing.IsHTTPS = scheme == "https"
		outgoing.Authority, outgoing.Path = rest[:slash], rest[slash:]
	}
	outgoing.Path = escape(outgoing.Path)
	return nil
}

// escape escapes what a request target must not contain, such as a space in URL.RawQuery.
func escape(target string) string {
	var escaped strings.Builder
	for _, char := range []byte(target) {
		if char <= ' ' || char >= 0x7f || char == '"' || char == '<' || char == '>' {
			fmt.Fprintf(&escaped, "%%%02X", char)
		} else {
			escaped.WriteByte(char)
		}
	}
	return escaped.String()
}

// withoutConnection removes the fields of the connection, which the host sets itself, and those that Connection names.
func withoutConnection(headers []wasihttp.Header) []wasihttp.Header {
	removed := connectionFields
	for _, field := range headers {
		if field.Name == "connection" {
			for name := range strings.SplitSeq(strings.ToLower(field.Value), ",") {
				removed = append(slices.Clip(removed), strings.TrimSpace(name))
			}
		}
	}
	return slices.DeleteFunc(headers, func(field wasihttp.Header) bool { return slices.Contains(removed, field.Name) })
}

// withLength adds the field Content-Length, if the length is known. Entries of Request.Header must agree.
func withLength(headers []wasihttp.Header, length int64) ([]wasihttp.Header, *invalid) {
	text := ""
	if length >= 0 {
		text = strconv.FormatInt(length, 10)
	}
	for _, field := range headers {
		if field.Name != "content-length" {
			continue
		}
		if text != "" && field.Value != text {
			return nil, &invalid{kind: KindRequestError}
		}
		text = field.Value
	}
	headers = slices.DeleteFunc(headers, func(field wasihttp.Header) bool { return field.Name == "content-length" })
	if text != "" {
		headers = append(headers, wasihttp.Header{Name: "content-length", Value: text})
	}
	return headers, nil
}

// headersToHost converts a header like headersToWire, but a value may have any bytes.
func headersToHost(header http.Header) ([]wasihttp.Header, *invalid) {
	headers := []wasihttp.Header{}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			if refused := checkField(name, value); refused != nil {
				return nil, refused
			}
			headers = append(headers, wasihttp.Header{Name: strings.ToLower(name), Value: value})
		}
	}
	return headers, nil
}

// methodNotToken is the error of a method that HTTP does not permit.
func methodNotToken(method string) *invalid {
	return &invalid{KindUnsupportedMethod, errors.New("the method " + strconv.Quote(method) + " is not a token (RFC 9110); use letters")}
}

// methodConnect is the error of CONNECT, which asks for a tunnel and not for a response.
var methodConnect = &invalid{KindUnsupportedMethod, errors.New("the method CONNECT opens a tunnel, which wasi:http does not have; request the URL itself")}

// trailersWithoutBody is the error of a request that has trailers and no body.
var trailersWithoutBody = &invalid{KindInvalidHeader, errors.New("trailers follow a body, but the request has none; move the fields of Request.Trailer to Request.Header")}

// headerRefused is the error of a field that the host does not take.
func headerRefused(field wasihttp.Header, err error) *invalid {
	text := "the host refuses the header `" + field.Name + "` (" + err.Error() + ")"
	if field.Name == "host" {
		text = "the host sends the authority of the URL as the header `host`, not " + strconv.Quote(field.Value) +
			"; leave Request.Host empty, or build for the backend fermyon:spin"
	} else {
		text += "; remove it"
	}
	return &invalid{KindInvalidHeader, &wrapped{text, err}}
}

package nethttp

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// wire is a RoundTripper that sends what it is given and nothing else, as spinhttp.Transport does.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(request *http.Request) (*http.Response, error) { return w(request) }

func encoded(t *testing.T, text string) string {
	t.Helper()
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	if _, err := io.WriteString(writer, text); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.String()
}

// Each request is sent by net/http itself and by RoundTrip, and must arrive and return alike.
func TestARequestArrivesAndReturnsAsWithNetHTTP(t *testing.T) {
	var received http.Header
	upstream := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		received = request.Header.Clone()
		received["host"] = []string{request.Host}
		body := "text"
		if request.URL.Path == "/empty" {
			body = ""
		} else if strings.Contains(request.Header.Get("Accept-Encoding"), "gzip") || request.URL.Path == "/always" {
			writer.Header().Set("Content-Encoding", "GZIP")
			body = encoded(t, body)
		}
		if request.URL.Path == "/damaged" {
			body = "not gzip"
		}
		writer.Header().Set("Date", "then")
		_, _ = io.WriteString(writer, body)
	}))
	defer upstream.Close()
	send := wire(func(request *http.Request) (*http.Response, error) {
		plain := request.Clone(request.Context())
		return (&http.Transport{DisableCompression: true}).RoundTrip(plain)
	})
	for _, test := range []struct {
		name, method, path string
		header             http.Header
		disableCompression bool
	}{
		{name: "gzip is asked for and decoded", method: "GET"},
		{name: "no method", method: ""},
		{name: "a body that is not gzip", method: "GET", path: "/damaged"},
		{name: "an empty body", method: "GET", path: "/empty"},
		{name: "HEAD", method: "HEAD"},
		{name: "a range", method: "GET", header: http.Header{"Range": {"bytes=0-1"}}},
		{name: "a coding that the caller asks for", method: "GET", header: http.Header{"Accept-Encoding": {"gzip"}}},
		{name: "compression is disabled", method: "GET", path: "/always", disableCompression: true},
		{name: "a user agent", method: "GET", header: http.Header{"User-Agent": {"probe/1"}}},
		{name: "an empty user agent", method: "GET", header: http.Header{"User-Agent": {""}}},
		{name: "fields that the request has itself", method: "POST", header: http.Header{
			"Host": {"other.test"}, "Content-Length": {"99"}, "Transfer-Encoding": {"chunked"}, "Trailer": {"X-A"},
		}},
	} {
		type outcome struct {
			sent, got, body string
			uncompressed    bool
			length          int64
		}
		try := func(transport http.RoundTripper) outcome {
			request, err := http.NewRequest(test.method, upstream.URL+test.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header = test.header.Clone()
			if request.Header == nil {
				request.Header = http.Header{}
			}
			response, err := transport.RoundTrip(request)
			if err != nil {
				return outcome{body: err.Error()}
			}
			defer response.Body.Close()
			if response.Request != request {
				t.Errorf("%s: the response has another request", test.name)
			}
			body, err := io.ReadAll(response.Body)
			text := string(body)
			if err != nil {
				text += " " + err.Error()
			}
			return outcome{show(received), show(response.Header), text, response.Uncompressed, response.ContentLength}
		}
		transport := &http.Transport{DisableCompression: test.disableCompression}
		want := try(transport)
		got := try(wire(func(request *http.Request) (*http.Response, error) {
			return RoundTrip(send, transport, request)
		}))
		if got != want {
			t.Errorf("%s: got\n%+v, want\n%+v", test.name, got, want)
		}
	}
}

// show is a header with its fields in order.
func show(header http.Header) string {
	var text strings.Builder
	_ = header.Write(&text)
	return text.String()
}

func TestTheRequestIsNotChangedAndABodyCanBeReadOnce(t *testing.T) {
	request := httptest.NewRequest("GET", "http://api.test/", nil)
	request.Header = nil
	response, err := RoundTrip(wire(func(request *http.Request) (*http.Response, error) {
		return &http.Response{
			Header: http.Header{"Content-Encoding": {"gzip"}}, ContentLength: 9,
			Body: io.NopCloser(strings.NewReader(encoded(t, "text"))),
		}, nil
	}), new(http.Transport), request)
	if err != nil || request.Header != nil {
		t.Fatalf("got %v; the header is %v", err, request.Header)
	}
	if body, err := io.ReadAll(response.Body); string(body) != "text" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := response.Body.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
		t.Errorf("got %v", err)
	}
}

func TestASettingThatTheHostCannotHonourIsAnError(t *testing.T) {
	proxy := func(*http.Request) (*url.URL, error) { return url.Parse("http://anna:secret@proxy.test:3128") }
	secure := func(config *tls.Config) *http.Transport { return &http.Transport{TLSClientConfig: config} }
	anything := "https://api.test/"
	for _, test := range []struct {
		transport *http.Transport
		url       string
		want      string
	}{
		{&http.Transport{Proxy: proxy}, anything, "Proxy returned http://anna:xxxxx@proxy.test:3128, but the host"},
		{&http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("no proxy today") }}, anything, "no proxy today"},
		{&http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }}, anything, ""},
		{secure(&tls.Config{InsecureSkipVerify: true}), anything, "sets InsecureSkipVerify, but the host"},
		{secure(&tls.Config{InsecureSkipVerify: true}), "http://api.test/", ""},
		{secure(&tls.Config{RootCAs: x509.NewCertPool()}), anything, "sets RootCAs, but the host"},
		{secure(&tls.Config{Certificates: make([]tls.Certificate, 1)}), anything, "sets Certificates"},
		{secure(&tls.Config{GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return nil, nil }}), anything, "sets GetClientCertificate"},
		{secure(&tls.Config{VerifyConnection: func(tls.ConnectionState) error { return nil }}), anything, "sets VerifyConnection"},
		{secure(&tls.Config{VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error { return nil }}), anything, "sets VerifyPeerCertificate"},
		{secure(&tls.Config{EncryptedClientHelloConfigList: []byte{1}}), anything, "sets EncryptedClientHelloConfigList"},
		{secure(&tls.Config{ServerName: "other.test"}), anything, `sets ServerName "other.test"`},
		{secure(&tls.Config{ServerName: "api.test"}), "https://api.test:8443/", ""},
		{secure(&tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}), anything, ""},
	} {
		body := &closing{}
		request := httptest.NewRequest("POST", test.url, nil)
		request.Body = body
		sent := false
		_, err := RoundTrip(wire(func(*http.Request) (*http.Response, error) {
			sent = true
			return &http.Response{Header: http.Header{}}, nil
		}), test.transport, request)
		if test.want == "" {
			if err != nil || !sent {
				t.Errorf("%s: got %v, sent %v", test.url, err, sent)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || sent || !body.closed || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v, sent %v, closed %v; want %q", err, sent, body.closed, test.want)
		}
	}
}

type closing struct{ closed bool }

func (*closing) Read([]byte) (int, error) { return 0, io.EOF }

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestTheLimitsOfATransportApplyToTheResponse(t *testing.T) {
	slow := wire(func(*http.Request) (*http.Response, error) {
		for started := time.Now(); time.Since(started) <= time.Millisecond; {
		}
		return &http.Response{Header: http.Header{"X-A": {strings.Repeat("a", 100)}}}, nil
	})
	for _, test := range []struct {
		transport *http.Transport
		want      string
		isTimeout bool
	}{
		{&http.Transport{}, "", false},
		{&http.Transport{ResponseHeaderTimeout: time.Hour, MaxResponseHeaderBytes: 200}, "", false},
		{&http.Transport{ResponseHeaderTimeout: time.Millisecond}, "net/http: timeout awaiting response headers", true},
		{&http.Transport{MaxResponseHeaderBytes: 50}, "net/http: server response headers exceeded 50 bytes; aborted", false},
	} {
		_, err := RoundTrip(slow, test.transport, httptest.NewRequest("GET", "http://api.test/", nil))
		if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
			t.Errorf("got %v, want %q", err, test.want)
		}
		var timeout interface{ Timeout() bool }
		if got := errors.As(err, &timeout) && timeout.Timeout(); got != test.isTimeout {
			t.Errorf("%v is a timeout: %v", err, got)
		}
	}
}

// A new version of Go may add a setting. Each must be honoured, refused, or one of the connection.
func TestEverySettingIsKnown(t *testing.T) {
	for _, test := range []struct {
		of    reflect.Type
		known string
	}{
		{reflect.TypeFor[http.Transport](), `
			honoured: DisableCompression ResponseHeaderTimeout MaxResponseHeaderBytes
			refused: Proxy TLSClientConfig
			of the proxy, which is refused: OnProxyConnectResponse ProxyConnectHeader GetProxyConnectHeader
			of the connection: DialContext Dial DialTLSContext DialTLS TLSHandshakeTimeout DisableKeepAlives
				MaxIdleConns MaxIdleConnsPerHost MaxConnsPerHost IdleConnTimeout ExpectContinueTimeout TLSNextProto
				WriteBufferSize ReadBufferSize ForceAttemptHTTP2 HTTP2 Protocols`},
		{reflect.TypeFor[tls.Config](), `
			refused: InsecureSkipVerify RootCAs Certificates GetClientCertificate VerifyPeerCertificate VerifyConnection
				ServerName EncryptedClientHelloConfigList
			of the refused ones: EncryptedClientHelloRejectionVerify NameToCertificate
			of the connection: Rand Time NextProtos CipherSuites PreferServerCipherSuites SessionTicketsDisabled
				SessionTicketKey ClientSessionCache UnwrapSession WrapSession MinVersion MaxVersion CurvePreferences
				DynamicRecordSizingDisabled Renegotiation KeyLogWriter
			of a server: GetCertificate GetConfigForClient ClientAuth ClientCAs EncryptedClientHelloKeys
				GetEncryptedClientHelloKeys`},
	} {
		known := strings.Fields(test.known)
		for _, field := range reflect.VisibleFields(test.of) {
			if field.IsExported() && !slices.Contains(known, field.Name) {
				t.Errorf("%v.%s is not known", test.of, field.Name)
			}
		}
	}
}

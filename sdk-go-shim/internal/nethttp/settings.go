package nethttp

import (
	"fmt"
	"net/http"
)

// check returns an error if the transport has a setting that changes where a request goes or whom it trusts, because
// the host opens the connection and knows nothing of it.
func check(transport *http.Transport, request *http.Request) error {
	if transport.Proxy != nil {
		proxy, err := transport.Proxy(request)
		if err != nil {
			return err
		}
		if proxy != nil {
			return fmt.Errorf("http.Transport.Proxy returned %s, but the host opens the connections of a component, and uses no proxy; "+
				"set Proxy to nil, or remove HTTP_PROXY and HTTPS_PROXY from the component's environment", proxy.Redacted())
		}
	}
	config := transport.TLSClientConfig
	if config == nil || request.URL.Scheme != "https" {
		return nil
	}
	for _, setting := range []struct {
		name   string
		isSet  bool
		advice string
	}{
		{"InsecureSkipVerify", config.InsecureSkipVerify, "let the host trust the server's certificate"},
		{"RootCAs", config.RootCAs != nil, "let the host trust the certificates"},
		{"Certificates", len(config.Certificates) > 0, "configure the client certificate in the host"},
		{"GetClientCertificate", config.GetClientCertificate != nil, "configure the client certificate in the host"},
		{"VerifyPeerCertificate", config.VerifyPeerCertificate != nil, "the host verifies certificates with its own rules"},
		{"VerifyConnection", config.VerifyConnection != nil, "the host verifies certificates with its own rules"},
		{fmt.Sprintf("ServerName %q", config.ServerName), config.ServerName != "" && config.ServerName != request.URL.Hostname(),
			"use it as the host of the URL"},
		{"EncryptedClientHelloConfigList", len(config.EncryptedClientHelloConfigList) > 0, "the host sends the client hello"},
	} {
		if setting.isSet {
			return fmt.Errorf("http.Transport.TLSClientConfig sets %s, but the host opens the connections of a component; remove it and %s",
				setting.name, setting.advice)
		}
	}
	return nil
}

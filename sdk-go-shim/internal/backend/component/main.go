// A component for the tests of the backend wasi:http. Each path is a case, which calls the upstream in the parameter url
// and answers with what it has seen.
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"runtime"

	"spin.test/spinhttp"
)

func main() {}

func init() {
	mux := http.NewServeMux()
	for path, handle := range map[string]func(http.ResponseWriter, *http.Request, string){
		"/get":        get,
		"/methods":    methods,
		"/fields":     fields,
		"/upload":     upload,
		"/length":     length,
		"/deadline":   deadline,
		"/cancel":     cancelled,
		"/stall":      stalled,
		"/timers":     timers,
		"/concurrent": concurrent,
		"/redirects":  redirects,
		"/client":     client,
		"/default":    byDefault,
		"/trailers":   trailers,
		"/error":      failure,
		"/broken":     broken,
		"/refused":    refused,
		"/memory":     memory,
		"/self":       self,
		"/close":      closed,
		"/closing":    closing,
		"/relay":      relay,
		"/copy":       copyBody,
		"/group":      group,
	} {
		mux.HandleFunc(path, func(writer http.ResponseWriter, request *http.Request) {
			handle(writer, request, request.URL.Query().Get("url"))
		})
	}
	mux.HandleFunc("/inbound", inbound)
	mux.HandleFunc("/address", clientAddress)
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/leave", leave)
	mux.HandleFunc("/respond/", respond)
	mux.HandleFunc("/proxy/", func(writer http.ResponseWriter, request *http.Request) {
		upstream, err := url.Parse(request.URL.Query().Get("url"))
		if err != nil {
			panic(err)
		}
		proxy := httputil.ReverseProxy{
			Transport:     spinhttp.Transport{},
			Rewrite:       func(request *httputil.ProxyRequest) { request.SetURL(upstream) },
			FlushInterval: -1,
		}
		proxy.ServeHTTP(writer, request)
	})
	spinhttp.HandleHandler(mux)
}

// say writes a line.
func say(writer io.Writer, values ...any) { _, _ = fmt.Fprintln(writer, values...) }

func get(writer http.ResponseWriter, _ *http.Request, upstream string) {
	response, err := spinhttp.Get(upstream)
	if err != nil {
		say(writer, err)
		return
	}
	body, err := io.ReadAll(response.Body)
	say(writer, response.Status, response.ContentLength, response.Header.Get("X-A"), len(body), err)
	n, err := response.Body.Read(make([]byte, 1))
	say(writer, n, err, response.Body.Close())
	n, err = response.Body.Read(make([]byte, 1))
	say(writer, n, err)
}

func inbound(writer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	say(writer, request.Method, request.RequestURI, request.Host, request.Header["X-A"], request.ContentLength, len(body), err)
	say(writer, request.Body == http.NoBody, request.Header.Get("Host"))
}

func clientAddress(writer http.ResponseWriter, request *http.Request) {
	say(writer, request.RemoteAddr, request.Header["Spin-Client-Addr"])
}

// echo sends each piece of the request body back when it arrives.
func echo(writer http.ResponseWriter, request *http.Request) {
	if err := http.NewResponseController(writer).EnableFullDuplex(); err != nil {
		panic(err)
	}
	buffer := make([]byte, 1000)
	for {
		n, err := request.Body.Read(buffer)
		if n > 0 {
			_, _ = writer.Write(buffer[:n])
			_ = http.NewResponseController(writer).Flush()
		}
		if err != nil {
			return
		}
	}
}

// leave returns while a goroutine reads the request body.
func leave(writer http.ResponseWriter, request *http.Request) {
	go func() { _, _ = io.ReadAll(request.Body) }()
	runtime.Gosched()
	say(writer, "left")
}

// respond answers without an upstream.
func respond(writer http.ResponseWriter, request *http.Request) {
	switch request.URL.Path {
	case "/respond/nothing":
	case "/respond/long":
		for range 1000 {
			_, _ = writer.Write(make([]byte, 1000))
		}
	case "/respond/status":
		writer.Header()["X-A"] = []string{"1", "caf\xe9", "a\nb"}
		writer.Header().Set("Connection", "close")
		writer.Header().Set("Keep-Alive", "x")
		writer.WriteHeader(299)
	case "/respond/204":
		writer.WriteHeader(http.StatusNoContent)
		_, err := writer.Write([]byte("a"))
		if err != http.ErrBodyNotAllowed {
			panic(err)
		}
	case "/respond/html":
		say(writer, "<html>")
	case "/respond/trailers":
		writer.Header().Set("Trailer", "X-Sum")
		say(writer, "body")
		writer.Header().Set("X-Sum", "1")
		writer.Header().Set(http.TrailerPrefix+"X-Late", "2")
	case "/respond/panic":
		say(writer, "lost")
		panic("out of ink")
	case "/respond/panic-late":
		say(writer, "sent")
		writer.(http.Flusher).Flush()
		panic("out of ink")
	case "/respond/short":
		writer.Header().Set("Content-Length", "10")
		say(writer, "short")
	case "/respond/abort":
		panic(http.ErrAbortHandler)
	}
}

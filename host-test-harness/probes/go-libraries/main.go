//go:build wasip1

// A guest that stands on libraries which default to net/http, and on what Go's runtime does beside a call: timers,
// goroutines, collections. Each path is one of them; the query's url is what it calls.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/carlmjohnson/requests"
	"github.com/google/go-github/v66/github"

	"spin.test/spinhttp"
)

func main() {}

var paths = map[string]func(ctx context.Context, url string) (string, error){
	"/net-http":   netHTTP,
	"/requests":   withRequests,
	"/go-github":  withGitHub,
	"/clone":      clone,
	"/asserted":   asserted,
	"/timer":      timer,
	"/goroutines": goroutines,
	"/memory":     memory,
	"/resty":      withResty,
	"/retryable":  withRetries,
	"/s3":         withS3,
	"/azure":      withAzure,
	"/openai":     withOpenAI,
	"/stream":     withOpenAIStream,
	"/stripe":     withStripe,
	"/websocket":  withWebSocket,
	"/dial":       dial,
}

func init() {
	for path, function := range paths {
		http.HandleFunc(path, func(writer http.ResponseWriter, request *http.Request) {
			text, err := function(request.Context(), request.FormValue("url"))
			if err != nil {
				http.Error(writer, err.Error(), http.StatusBadGateway)
				return
			}
			fmt.Fprintln(writer, text)
		})
	}
	spinhttp.HandleHandler(http.DefaultServeMux)
}

func netHTTP(_ context.Context, address string) (string, error) {
	response, err := http.PostForm(address, url.Values{"q": {"1"}})
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.Status + " " + string(body), err
}

func withRequests(ctx context.Context, address string) (string, error) {
	var answer struct{ Name string }
	err := requests.URL(address).Param("q", "a b").BodyJSON(map[string]int{"id": 1}).ToJSON(&answer).Fetch(ctx)
	return answer.Name, err
}

func withGitHub(ctx context.Context, address string) (string, error) {
	client := github.NewClient(nil)
	base, err := url.Parse(address + "/")
	if err != nil {
		return "", err
	}
	client.BaseURL = base
	repository, _, err := client.Repositories.Get(ctx, "anna", "hazel")
	return repository.GetFullName(), err
}

// clone is what code does that wants a transport of its own.
func clone(_ context.Context, address string) (string, error) {
	client := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	response, err := client.Get(address)
	if err != nil {
		return "", err
	}
	return response.Status, nil
}

// asserted is what code does that wants to set up the default transport.
func asserted(_ context.Context, address string) (string, error) {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return "", fmt.Errorf("the default transport is a %T", http.DefaultTransport)
	}
	transport.MaxIdleConns = 1
	response, err := http.Get(address)
	if err != nil {
		return "", err
	}
	return response.Status, nil
}

// timer has timers due while the host allocates for the response.
func timer(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	due := time.AfterFunc(time.Millisecond, func() {})
	defer due.Stop()
	client := &http.Client{Timeout: time.Minute}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	return fmt.Sprint(n), err
}

// goroutines call, allocate and collect beside each other.
func goroutines(_ context.Context, address string) (string, error) {
	var all sync.WaitGroup
	results := make([]string, 8)
	for i := range results {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 25 {
				response, err := spinhttp.Post(address, "text/plain", strings.NewReader(strings.Repeat("x", i*1000)))
				if err != nil {
					results[i] = err.Error()
					return
				}
				body, err := io.ReadAll(response.Body)
				if err != nil || len(body) != i*1000 || strings.Trim(string(body), "x") != "" {
					results[i] = fmt.Sprintf("%d bytes, %v", len(body), err)
					return
				}
				time.Sleep(time.Microsecond)
			}
			results[i] = "ok"
		}()
	}
	all.Wait()
	return strings.Join(results, " "), nil
}

// memory makes many calls with bodies that nobody keeps.
func memory(_ context.Context, address string) (string, error) {
	total := int64(0)
	for range 2000 {
		response, err := spinhttp.Get(address)
		if err != nil {
			return "", err
		}
		n, err := io.Copy(io.Discard, response.Body)
		if err != nil {
			return "", err
		}
		total += n
	}
	return fmt.Sprint(total), nil
}

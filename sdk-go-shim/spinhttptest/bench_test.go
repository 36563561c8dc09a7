package spinhttptest_test

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp/spinhttptest"
)

// BenchmarkMockedRequests sends requests to an application whose upstream is mocked, and prints how long each took.
// `cargo xtask bench drivers` runs it, once.
func BenchmarkMockedRequests(b *testing.B) {
	component := os.Getenv("COMPONENT")
	n, err := strconv.Atoi(os.Getenv("REQUESTS"))
	if component == "" || err != nil {
		b.Fatal("COMPONENT and REQUESTS are not set; run `cargo xtask bench drivers`")
	}
	mocks := spinhttptest.NewMocks(b, nil)
	mocks.Expect(spinhttptest.Get("http://api.test/"), spinhttptest.Text("hello"))
	app := spinhttptest.Load(b, component, &spinhttptest.AppOptions{
		Mocks:                mocks,
		AllowedOutboundHosts: []string{"http://api.test"},
		Environment:          map[string]string{"UPSTREAM": "http://api.test/"},
	})
	client := app.Client()
	times := make([]string, n)
	for i := range times {
		started := time.Now()
		response, err := client.Get("/calls/1")
		if err != nil {
			b.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		times[i] = strconv.FormatInt(time.Since(started).Nanoseconds(), 10)
		if err != nil || string(body) != "5" {
			b.Fatalf("got %q, %v, want 5", body, err)
		}
		if i == 0 {
			// The package testing has begun a line.
			fmt.Println("\nresponded")
		}
	}
	fmt.Println(strings.Join(times, " "))
}

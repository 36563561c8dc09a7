// A component that reads variables, for the test of package variables.
package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"runtime"
	"sync"

	"spin.test/spinhttp"
	"spin.test/spinhttp/variables"
)

func main() {}

// answer is what the component got for a name.
type answer struct {
	Value, Kind, Message string
}

// atStart is read before the handler is registered.
var atStart = read("greeting")

func init() {
	spinhttp.Handle(func(writer http.ResponseWriter, request *http.Request) {
		name := request.URL.Query().Get("name")
		answers := []answer{read(name)}
		switch request.URL.Path {
		case "/start":
			answers = []answer{atStart}
		case "/many":
			answers = many(name)
		}
		if err := json.NewEncoder(writer).Encode(answers); err != nil {
			panic(err)
		}
	})
}

// many reads a variable in goroutines, and leaves garbage to the collector.
func many(name string) []answer {
	answers := make([]answer, 20)
	var done sync.WaitGroup
	for i := range answers {
		done.Add(1)
		go func() {
			defer done.Done()
			for range 50 {
				answers[i] = read(name)
				runtime.Gosched()
			}
		}()
	}
	done.Wait()
	return answers
}

func read(name string) answer {
	value, err := variables.Get(name)
	if err == nil {
		return answer{Value: value}
	}
	var problem *variables.Error
	if !errors.As(err, &problem) {
		return answer{Message: err.Error()}
	}
	return answer{Kind: string(problem.Kind), Message: problem.Message}
}

// A small API in front of two other services: the router of the standard library, JSON in and out, and two
// outbound calls for each answer.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"spin.test/spinhttp"
)

type user struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

type post struct {
	Title string `json:"title"`
}

// profile is what this API answers with.
type profile struct {
	Name   string   `json:"name"`
	Titles []string `json:"titles"`
}

var noProfile = map[string]string{"error": "there is no such profile"}

// A component has no main of its own: the host calls the handler that init registers.
func main() {}

func init() {
	spinhttp.HandleHandler(routes())
}

func routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /profiles/{id}", func(writer http.ResponseWriter, request *http.Request) {
		// What comes from outside is checked before it becomes a part of a URL.
		id, err := strconv.ParseUint(request.PathValue("id"), 10, 32)
		if err != nil {
			answer(writer, http.StatusNotFound, noProfile)
			return
		}
		found, err := readProfile(id)
		if err != nil {
			fail(writer, err)
			return
		}
		answer(writer, http.StatusOK, found)
	})
	return routes
}

// readProfile asks one service for the user and the other for what the user wrote.
func readProfile(id uint64) (profile, error) {
	var author user
	if err := getJSON(fmt.Sprintf("%s/users/%d", os.Getenv("USERS"), id), &author); err != nil {
		return profile{}, err
	}
	var posts []post
	query := url.Values{"userId": {fmt.Sprint(author.ID)}}
	if err := getJSON(os.Getenv("POSTS")+"/posts?"+query.Encode(), &posts); err != nil {
		return profile{}, err
	}
	found := profile{Name: author.Name, Titles: []string{}}
	for _, post := range posts {
		found.Titles = append(found.Titles, post.Title)
	}
	return found, nil
}

// statusError is a response that is not what was asked for.
type statusError struct {
	url    string
	status int
}

func (e *statusError) Error() string {
	return fmt.Sprintf("GET %s: status %d", e.url, e.status)
}

func getJSON(url string, into any) error {
	response, err := spinhttp.Get(url)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return &statusError{url, response.StatusCode}
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("GET %s: %w", url, err)
	}
	return nil
}

// fail answers with a status that says whose fault it is, and logs the rest.
func fail(writer http.ResponseWriter, err error) {
	fmt.Fprintln(os.Stderr, err)
	var status *statusError
	switch {
	case errors.As(err, &status) && status.status == http.StatusNotFound:
		answer(writer, http.StatusNotFound, noProfile)
	case errors.Is(err, spinhttp.ErrTooManyRequests):
		writer.Header().Set("Retry-After", "1")
		answer(writer, http.StatusServiceUnavailable, map[string]string{"error": "try again"})
	default:
		answer(writer, http.StatusBadGateway, map[string]string{"error": "a service that this one needs has failed"})
	}
}

func answer(writer http.ResponseWriter, status int, value any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	if err := json.NewEncoder(writer).Encode(value); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

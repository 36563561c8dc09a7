// A small API in front of two other services. It uses the router of the standard library, and makes two outbound
// calls for each response.
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

// profile is the response of this API.
type profile struct {
	Name   string   `json:"name"`
	Titles []string `json:"titles"`
}

var noProfile = map[string]string{"error": "there is no such profile"}

// The host does not call main. It calls the handler that init registers.
func main() {}

func init() {
	spinhttp.HandleHandler(routes())
}

func routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /profiles/{id}", func(writer http.ResponseWriter, request *http.Request) {
		// The ID is user input: parse it before it becomes part of a URL.
		id, err := strconv.ParseUint(request.PathValue("id"), 10, 32)
		if err != nil {
			respond(writer, http.StatusNotFound, noProfile)
			return
		}
		found, err := readProfile(id)
		if err != nil {
			fail(writer, err)
			return
		}
		respond(writer, http.StatusOK, found)
	})
	return routes
}

// readProfile requests the user from one service and the user's posts from the other.
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

// statusError is a response with an unexpected status.
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
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return &statusError{url, response.StatusCode}
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("GET %s: %w", url, err)
	}
	return nil
}

// fail logs an error and responds with the status that its cause calls for.
func fail(writer http.ResponseWriter, err error) {
	fmt.Fprintln(os.Stderr, err)
	var status *statusError
	switch {
	case errors.As(err, &status) && status.status == http.StatusNotFound:
		respond(writer, http.StatusNotFound, noProfile)
	case errors.Is(err, spinhttp.ErrTooManyRequests):
		writer.Header().Set("Retry-After", "1")
		respond(writer, http.StatusServiceUnavailable, map[string]string{"error": "try again"})
	default:
		respond(writer, http.StatusBadGateway, map[string]string{"error": "a service that this one needs has failed"})
	}
}

func respond(writer http.ResponseWriter, status int, value any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	if err := json.NewEncoder(writer).Encode(value); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

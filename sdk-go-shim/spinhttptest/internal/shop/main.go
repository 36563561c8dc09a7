// A component for the examples and tests of package spinhttptest: GET /buy/7 responds with the price of the article 7,
// which another service knows.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"spin.test/spinhttp"
)

func main() {}

func init() {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /buy/{sku}", buy)
	spinhttp.HandleHandler(routes)
}

func buy(writer http.ResponseWriter, request *http.Request) {
	query := url.Values{"sku": {request.PathValue("sku")}}
	call, err := http.NewRequest("GET", "https://api.test/price?"+query.Encode(), nil)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	call.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
	response, err := spinhttp.Send(call)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		http.Error(writer, "try again later", http.StatusServiceUnavailable)
		return
	}
	defer response.Body.Close()
	var article struct {
		Price int `json:"price"`
	}
	if err := json.NewDecoder(response.Body).Decode(&article); err != nil {
		http.Error(writer, "the price is not known", http.StatusBadGateway)
		return
	}
	fmt.Fprintf(writer, "%s costs %d\n", request.PathValue("sku"), article.Price)
}

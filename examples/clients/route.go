// Follows a route of heartbeat-exporter: which model to call now. One file, standard library only.
//
//	go run route.go http://localhost:8091 chat
//
// prints each change. To use it in a program, copy everything but main:
//
//	route := Follow(ctx, "http://heartbeat-exporter:8091", "chat", Choice{Use: "openai"})
//	choice := route.Current() // at once, without a request
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	// wait is how long a request waits for a change. It is below staleAfter, so that an answer comes before.
	wait       = 6 * time.Second
	staleAfter = 10 * time.Second
)

// Choice is the member of a route to use now.
type Choice struct {
	Use     string `json:"use"`
	Address string `json:"address"`
	Model   string `json:"model"`
	// Exhausted is true if no member is usable, so that Use is what the route's when_none says.
	Exhausted bool `json:"exhausted"`
	// Stale is true if nothing confirms the choice now.
	Stale bool `json:"stale"`
}

// Route holds the newest choice of a route.
type Route struct {
	// Changes receives each change. A slow reader skips outdated ones.
	Changes <-chan Choice
	// Errors receives errors while there is room. Following continues.
	Errors <-chan error

	mu     sync.Mutex
	choice Choice
	seen   time.Time
}

// Current returns the last known choice at once, without a request.
func (r *Route) Current() Choice {
	r.mu.Lock()
	defer r.mu.Unlock()
	choice := r.choice
	choice.Stale = choice.Stale || time.Since(r.seen) > staleAfter
	return choice
}

// Follow asks for the choices of a route until ctx is done. It never gives up; initial applies until the first answer.
func Follow(ctx context.Context, base, name string, initial Choice) *Route {
	changes, errors := make(chan Choice, 1), make(chan error, 1)
	initial.Stale = true
	route := &Route{Changes: changes, Errors: errors, choice: initial}
	go route.follow(ctx, strings.TrimRight(base, "/")+"/route/"+url.PathEscape(name), changes, errors)
	return route
}

func (r *Route) follow(ctx context.Context, address string, changes chan Choice, errors chan error) {
	etag, failures := "", 0
	for ctx.Err() == nil {
		choice, tag, err := ask(ctx, address, etag)
		if err != nil {
			select {
			case errors <- err:
			default:
			}
			failures++
			pause := min(10*time.Second, 500*time.Millisecond<<min(failures, 5))
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(float64(pause) * (0.5 + rand.Float64()/2))):
			}
			continue
		}
		failures, etag = 0, tag
		r.mu.Lock()
		r.seen = time.Now()
		changed := choice != nil && *choice != r.choice
		if changed {
			r.choice = *choice
		}
		r.mu.Unlock()
		if changed {
			select {
			case <-changes:
			default:
			}
			changes <- *choice
		}
	}
}

// ask returns the choice and its tag, or no choice if it is still the one with this tag.
func ask(ctx context.Context, address, etag string) (*Choice, string, error) {
	ctx, cancel := context.WithTimeout(ctx, wait+5*time.Second)
	defer cancel()
	if etag != "" {
		address += "?" + url.Values{"wait": {wait.String()}, "etag": {etag}}.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusNotModified:
		return nil, etag, nil
	case http.StatusOK:
		var choice Choice
		err := json.NewDecoder(response.Body).Decode(&choice)
		return &choice, strings.Trim(response.Header.Get("ETag"), `"`), err
	default:
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		return nil, "", fmt.Errorf("%s: %s", response.Status, text)
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: route URL ROUTE")
		os.Exit(2)
	}
	route := Follow(context.Background(), os.Args[1], os.Args[2], Choice{})
	for {
		select {
		case choice := <-route.Changes:
			fmt.Println(choice.Use, choice.Address, choice.Model)
		case err := <-route.Errors:
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// Probe is the tests' only pod: it answers over HTTP and says what it sees of the network.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	var err error
	switch command := os.Args[1]; command {
	case "serve":
		err = serve()
	case "resolve":
		err = resolve(os.Args[2])
	case "dial":
		err = dial(os.Args[2])
	case "read":
		err = read(os.Args[2])
	case "write":
		err = os.WriteFile(os.Args[2], []byte(os.Args[3]), 0o600)
	default:
		err = fmt.Errorf("unknown command %s", command)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	return http.ListenAndServe(":8080", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s\n", name, r.URL.Path)
	}))
}

func resolve(name string) error {
	addresses, err := net.LookupHost(name)
	fmt.Println(strings.Join(addresses, " "))
	return err
}

func dial(address string) error {
	connection, err := net.DialTimeout("tcp", address, 2*time.Second)
	if err != nil {
		return err
	}
	fmt.Println("connected")
	return connection.Close()
}

func read(path string) error {
	content, err := os.ReadFile(path)
	fmt.Print(string(content))
	return err
}

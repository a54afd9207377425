// Command manifests checks Kubernetes manifests as an API server would before it stores them: fields are decoded strictly,
// defaults are applied, and the API server's own validation is called. Pods are also held against the level "restricted" of
// the pod security standards. It reads YAML documents from standard input and prints one line per problem.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

func main() {
	problems, err := check(os.Stdin)
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// check returns the problems of all documents. An error means that the input cannot be read.
func check(input io.Reader) ([]string, error) {
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	reader := utilyaml.NewYAMLReader(bufio.NewReader(input))
	var problems []string
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return problems, nil
		}
		if err != nil {
			return problems, err
		}
		if isEmpty(document) {
			continue
		}
		object, kind, err := decoder.Decode(document, nil, nil)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		problems = append(problems, problemsOf(object, kind)...)
	}
}

func isEmpty(document []byte) bool {
	var content any
	return utilyaml.Unmarshal(document, &content) == nil && content == nil
}

func problemsOf(object runtime.Object, kind *schema.GroupVersionKind) []string {
	found, err := validate(object, kind)
	if err != nil {
		return []string{fmt.Sprintf("%s: %v", kind.Kind, err)}
	}
	var problems []string
	for _, one := range found {
		problems = append(problems, fmt.Sprintf("%s/%s: %s", kind.Kind, nameOf(object), one))
	}
	return problems
}

package main

import "C"
import (
	"fmt"
	m "math/rand"
	. "strings"
	_ "github.com/mattn/go-sqlite3"
	run "os/exec"
	`gopkg.in/yaml.v3`
	"./beside"
	// "not/one"
)

/* import "not/two" */
var text = "import \"not/three\""

func main() {
	fmt.Println(m.Int(), Repeat(text, 2))
}

package main

import (
	"net"
	web "net/http"
	"os"
	"os/exec"
	"syscall"
)

func main() {
	web.Get("https://example.org/x")
	net.Dial("tcp", "db:5432")
	net.Listen("tcp", ":8080")
	os.WriteFile("/tmp/out.txt", nil, 0o644)
	exec.Command("ls").Run()
	syscall.Chroot("/srv")
	other.Get("http://not.this/")
}

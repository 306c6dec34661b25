package main

import (
	"context"
	"os"
	"os/exec"
)

const viewer = "eog"

func main() {
	exec.Command("git", "log").Run()
	exec.CommandContext(context.Background(), "sh", "-c", "jq . | bc").Run()
	if path, err := exec.LookPath("ffmpeg"); err == nil {
		exec.Command(path, "-i").Run()
	}
	name := "pandoc"
	exec.Command(name, "-v").Run()
	exec.Command(viewer).Run()
	exec.Command(os.Args[1]).Run()
	exec.Command(given()).Run()
	database.Command("not-a-command")
}

func later() { exec.Command("tar").Run() }

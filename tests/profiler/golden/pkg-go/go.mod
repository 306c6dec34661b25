module x

require github.com/a/b v1.2.3

require (
	github.com/c/d/v2 v2.0.0
	golang.org/x/text v0.3.7 // indirect
)

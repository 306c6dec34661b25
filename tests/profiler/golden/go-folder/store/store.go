package store

import "github.com/pkg/errors"

func Open() error { return errors.New("x") }
